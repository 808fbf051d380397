"""A verdict as lines for a person, as JSON, and the sentences of what fails."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from delivery.risk.baseline import ACCEPTED_FILE
from delivery.risk.grades import Grade, Risk
from delivery.risk.verdict import Verdict

INDENT = " " * 13


def lines(verdict: Verdict, *, everything: bool = False) -> Iterator[str]:
    """The counts, then each resource, the worst first; harmless ones only on demand."""
    yield f"Stage {verdict.stage} against {verdict.base}: {counts(verdict)}"
    for risk in verdict.risks:
        if everything or risk.grade is not Grade.HARMLESS:
            yield from _lines_of(risk)
    for stack in verdict.dropped:
        yield f"{INDENT}stack {stack} is in the app no more: a deploy leaves it; destroy it by hand"
    for key in verdict.unused:
        yield f"{INDENT}accepted, and does not happen: {key}"


def counts(verdict: Verdict) -> str:
    """How many of each grade; of nothing, that."""
    counted = verdict.counted()
    return (
        ", ".join(f"{counted[grade]} {grade}" for grade in Grade if counted[grade]) or "no change"
    )


def _lines_of(risk: Risk) -> Iterator[str]:
    yield f"{risk.grade.upper():<13}{risk.stack} {risk.name} ({risk.kind})"
    for reason in risk.reasons:
        if reason.grade is not Grade.HARMLESS or risk.grade is Grade.HARMLESS:
            source = f"  [{reason.source}]" if reason.source else ""
            yield f"{INDENT}{reason.text}{source}"
    if risk.loss and not any(risk.loss in reason.text for reason in risk.reasons):
        yield f"{INDENT}LOST: {risk.loss}"


def failures(verdict: Verdict) -> Iterator[str]:
    """A sentence for each resource that stops the update, with how to go on."""
    for risk in verdict.failures:
        way = way_round(risk, stage=verdict.stage)
        yield f"{verdict.stage}: {failure(risk)}. If that is meant, {way}"


def failure(risk: Risk) -> str:
    """What the update would do."""
    return f"{risk.stack} {risk.name} ({risk.kind}): {risk.grade}: {risk.told}"


def way_round(risk: Risk, *, stage: str) -> str:
    """How to go on where it is meant."""
    return (
        f"pass ACCEPT={risk.key}, or add it with the reason to section [{stage}] of {ACCEPTED_FILE}"
    )


def as_json(verdicts: Sequence[Verdict]) -> str:
    """The same for a program, with everything."""
    return json.dumps([_document(verdict) for verdict in verdicts], indent=2)


def _document(verdict: Verdict) -> dict[str, object]:
    return {
        "stage": verdict.stage,
        "base": verdict.base,
        "ok": not verdict.failures,
        "counts": {grade: verdict.counted()[grade] for grade in Grade},
        "risks": [_entry(risk, verdict) for risk in verdict.risks],
        "dropped_stacks": list(verdict.dropped),
        "accepted_and_unused": verdict.unused,
    }


def _entry(risk: Risk, verdict: Verdict) -> dict[str, object]:
    return {
        "stack": risk.stack,
        "key": risk.key,
        "name": risk.name,
        "type": risk.kind,
        "grade": risk.grade,
        "lost": risk.loss,
        "fails": risk in verdict.failures,
        "accepted": verdict.accepted.get(risk.key),
        "reasons": [
            {"grade": item.grade, "text": item.text, "source": item.source} for item in risk.reasons
        ],
    }
