"""What the rule pack finds in the templates that a deploy would send: an error stops it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from operations.preflight.finding import Finding, Mark
from operations.preflight.run import Result

GUARD: Final = "template rules"


def look_at_templates(assembly: Path) -> list[Result]:
    """A result for each finding, or that there is none."""
    from infra.lint import lint, templates  # cfn-lint takes a second to load

    files = templates(assembly)
    results = []
    for match in lint(files):
        mark = Mark.FAILED if match.rule.severity == "error" else Mark.NOTE
        wrong, _, todo = match.message.partition("; ")
        place = f"{Path(match.filename).name}:{match.linenumber}"
        found = f"{place}: {match.rule.id} {wrong}"
        results.append(Result(GUARD, Finding(mark, found, todo)))
    fine = Finding(Mark.OK, f"nothing found in {len(files)} templates")
    return results or [Result(GUARD, fine)]
