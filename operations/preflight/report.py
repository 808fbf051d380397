"""The results as lines for a person, in colour where there is a terminal, or as JSON."""

import json
from collections import Counter
from typing import Final

from rich.console import Console
from rich.markup import escape

from operations.preflight.finding import Mark
from operations.preflight.run import Result

SIGNS: Final = {
    Mark.OK: ("\N{CHECK MARK}", "green"),
    Mark.NOTE: ("!", "yellow"),
    Mark.UNKNOWN: ("?", "magenta"),
    Mark.FAILED: ("\N{MULTIPLICATION SIGN}", "red"),
}


def print_lines(results: list[Result], console: Console) -> None:
    """A line for each finding, its details under it, and a sum."""
    for result in results:
        finding = result.finding
        sign, colour = SIGNS[finding.mark]
        todo = f"; {finding.todo}" if finding.todo else ""
        text = f"{result.check}: {finding.found}{todo}"
        console.print(f"[{colour}]{sign}[/] {escape(text)}", soft_wrap=True)
        for detail in finding.details:
            console.print(f"    [dim]{escape(detail)}[/]", soft_wrap=True)
    counted = Counter(result.finding.mark for result in results)
    console.print(f"{counted[Mark.FAILED]} failed, {counted[Mark.UNKNOWN]} could not be checked")


def as_json(results: list[Result], *, stage: str) -> str:
    """The same for a program."""
    findings = [
        {
            "check": result.check,
            "mark": str(result.finding.mark),
            "found": result.finding.found,
            "todo": result.finding.todo,
            "details": list(result.finding.details),
        }
        for result in results
    ]
    return json.dumps({"stage": stage, "ok": not failed(results), "findings": findings}, indent=2)


def failed(results: list[Result]) -> bool:
    """Whether a check failed."""
    return any(result.finding.mark is Mark.FAILED for result in results)
