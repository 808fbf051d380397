"""What a change does to the cost of every stage, as Markdown for a pull request."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from operations.cost.figures import Cost
from operations.cost.report import bound
from operations.tasks import Level

# A cent is what a figure is rounded to.
CENT: Final = 0.01
# Of causes spelled out for a stage; `make cost` shows all.
MOST_CAUSES: Final = 12
HEADS: Final = {
    Level.IDLE: "with no task",
    Level.MINIMUM: "at the minimum",
    Level.MAXIMUM: "at the maximum",
}


@dataclass(frozen=True, slots=True)
class Cause:
    """One kind of thing, by how much it changes the month at the minimum and at the maximum."""

    what: str
    before: int
    after: int
    minimum: float
    maximum: float


def changed_cost(stages: Mapping[str, tuple[Cost, Cost]]) -> str:
    """A table of the stages whose cost changes, with the causes; a sentence where none does."""
    changed = {name: pair for name, pair in stages.items() if _differs(*pair)}
    if not changed:
        return "**Cost**: no stage's cost changes.\n"
    return "\n".join([*_table(changed), "", *_all_causes(changed), ""])


def _differs(before: Cost, after: Cost) -> bool:
    moved = any(abs(_difference(before, after, level)) >= CENT for level in Level)
    moved |= _moved_tokens(before, after) != _moved_tokens(after, after)
    return moved or _unpriced(after) != _unpriced(before) or _by_use(after) != _by_use(before)


def _difference(before: Cost, after: Cost, level: Level) -> float:
    return after.monthly_usd(level) - before.monthly_usd(level)


def _table(stages: Mapping[str, tuple[Cost, Cost]]) -> Iterator[str]:
    yield f"| USD a month | {' | '.join(HEADS.values())} | a million tokens, at the maximum |"
    yield "|---|--:|--:|--:|--:|"
    for name, (before, after) in stages.items():
        months = [
            _moved(before.monthly_usd(level), after.monthly_usd(level), digits=0) for level in Level
        ]
        yield f"| {name} | {' | '.join(months)} | {_moved_tokens(before, after)} |"


def _moved_tokens(before: Cost, after: Cost) -> str:
    moved = _moved(*(cost.per_million(Level.MAXIMUM) for cost in (before, after)), digits=2)
    return f"{bound(after)}{moved}"


def _moved(before: float | None, after: float | None, *, digits: int) -> str:
    old, new = ("?" if usd is None else f"{usd:.{digits}f}" for usd in (before, after))
    return new if old == new else f"{old} → **{new}**"


def _all_causes(stages: Mapping[str, tuple[Cost, Cost]]) -> Iterator[str]:
    for name, (before, after) in stages.items():
        causes = causes_of(before, after)
        yield from (_sentence(name, cause) for cause in causes[:MOST_CAUSES])
        if len(causes) > MOST_CAUSES:
            yield f"- `{name}`: ... and {len(causes) - MOST_CAUSES} more: `make cost STAGE={name}`"
        for word, known in (("not priced", _unpriced), ("by use", _by_use)):
            for what in sorted(known(after) - known(before)):
                yield f"- `{name}`: new, {word}: {what}"
            for what in sorted(known(before) - known(after)):
                yield f"- `{name}`: no more, {word}: {what}"


def _sentence(stage: str, cause: Cause) -> str:
    count = f"{cause.before} → {cause.after} x " if cause.before != cause.after else ""
    months = f"{cause.minimum:+.2f}"
    if abs(cause.maximum - cause.minimum) >= CENT:
        months += f" at the minimum, {cause.maximum:+.2f} at the maximum"
    return f"- `{stage}`: {months}: {count}{cause.what}"


def causes_of(before: Cost, after: Cost) -> list[Cause]:
    """What makes the difference, the largest first."""
    names = {
        line.what
        for cost in (before, after)
        for level in (Level.MINIMUM, Level.MAXIMUM)
        for line in cost.bills[level].lines
    }
    found = [_cause(name, before, after) for name in sorted(names)]
    found = [item for item in found if max(abs(item.minimum), abs(item.maximum)) >= CENT]
    return sorted(found, key=lambda item: -abs(item.maximum))


def _cause(what: str, before: Cost, after: Cost) -> Cause:
    counts, months = {}, {}
    for level in (Level.MINIMUM, Level.MAXIMUM):
        old, new = (_line(cost, level, what) for cost in (before, after))
        counts[level] = (old[0], new[0])
        months[level] = new[1] - old[1]
    # Of tasks the maximum alone may have changed.
    moved = next((pair for pair in counts.values() if pair[0] != pair[1]), counts[Level.MINIMUM])
    return Cause(what, *moved, months[Level.MINIMUM], months[Level.MAXIMUM])


def _line(cost: Cost, level: Level, what: str) -> tuple[int, float]:
    lines = [line for line in cost.bills[level].lines if line.what == what]
    return sum(line.count for line in lines), sum(line.monthly_usd for line in lines)


def _unpriced(cost: Cost) -> set[str]:
    return set(cost.bills[Level.MAXIMUM].not_priced)


def _by_use(cost: Cost) -> set[str]:
    return set(cost.bills[Level.MAXIMUM].by_use)
