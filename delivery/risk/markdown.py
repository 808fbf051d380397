"""The verdicts of all stages as a section of the pull request's comment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from delivery.risk.baseline import ACCEPTED_FILE
from delivery.risk.grades import Grade, Risk
from delivery.risk.verdict import Verdict

# GitHub bounds a comment; `make diff-risk` shows all of it.
MOST_RISKS: Final = 20
MOST_CHARACTERS: Final = 400


def failing_lines(verdicts: Sequence[Verdict]) -> list[str]:
    """What stops the update, and last how to go on; nothing where nothing does."""
    found = [_clipped(_failure(verdict, risk)) for verdict in verdicts for risk in verdict.failures]
    how = f"If that is meant, accept it in `{ACCEPTED_FILE}`, with the reason; `make diff-risk` "
    return [*found, f"{how}shows more."] if found else []


def _failure(verdict: Verdict, risk: Risk) -> str:
    return f"**{risk.grade.upper()}** {_what(verdict, risk)}: {risk.told}."


def _what(verdict: Verdict, risk: Risk) -> str:
    return f"`{verdict.stage}` {risk.stack} `{risk.name}` ({risk.kind})"


def section(verdicts: Sequence[Verdict]) -> str:
    """A table of all stages, then what else is not harmless, the worst first."""
    if not verdicts:
        return ""
    return "\n".join([*_table(verdicts), "", *_list(verdicts), ""])


def _table(verdicts: Sequence[Verdict]) -> Iterator[str]:
    yield f"| since the last release | {' | '.join(Grade)} |"
    yield f"|---|{'--:|' * len(Grade)}"
    for verdict in verdicts:
        counted = verdict.counted()
        cells = [str(counted[grade] or "") for grade in Grade]
        yield f"| {verdict.stage} | {' | '.join(cells)} |"


def _list(verdicts: Sequence[Verdict]) -> Iterator[str]:
    found = [
        (verdict, risk)
        for verdict in verdicts
        for risk in verdict.risks
        if risk.grade is not Grade.HARMLESS and risk not in verdict.failures
    ]
    found.sort(key=lambda pair: pair[1].grade)
    for verdict, risk in found[:MOST_RISKS]:
        yield _clipped(_sentence(verdict, risk))
    if len(found) > MOST_RISKS:
        yield f"- ... and {len(found) - MOST_RISKS} more: `make diff-risk`"
    for verdict in verdicts:
        for stack in verdict.dropped:
            yield f"- `{verdict.stage}`: stack {stack} is in the app no more; a deploy leaves it"
        if reasons := [
            verdict.accepted[risk.key] for risk in verdict.risks if risk in _let(verdict)
        ]:
            yield _clipped(f"- `{verdict.stage}`: accepted: {'; '.join(reasons)}")


def _let(verdict: Verdict) -> list[Risk]:
    return [risk for risk in verdict.risks if risk.fails and risk.key in verdict.accepted]


def _sentence(verdict: Verdict, risk: Risk) -> str:
    reasons = [item.text for item in risk.reasons if item.grade is not Grade.HARMLESS]
    grade = str(risk.grade)
    shown = grade if risk.grade is Grade.INTERRUPTS else f"**{grade.upper()}**"
    return f"- {shown} {_what(verdict, risk)}: {'; '.join(reasons)}"


def _clipped(line: str) -> str:
    return line if len(line) <= MOST_CHARACTERS else f"{line[: MOST_CHARACTERS - 3]}..."
