"""A run as a table: medians over the rounds, least and most, and ratios to the first target."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from statistics import median

from bench.generator.rounds import Measured
from bench.generator.summary import Figures, Limits, Spread

Value = Callable[[Figures], float | None]


def of(spread: Callable[[Figures], Spread | None], part: Callable[[Spread], float]) -> Value:
    def value(found: Figures) -> float | None:
        known = spread(found)
        return part(known) if known else None

    return value


def middle(spread: Spread) -> float:
    return spread.median


COLUMNS: dict[str, Value] = {
    "TTFT": of(lambda found: found.ttft, middle),
    "TPOT": of(lambda found: found.tpot, middle),
    "ITL p99": of(lambda found: found.itl, lambda spread: spread.p99),
    "E2EL": of(lambda found: found.e2el, middle),
}
"""Milliseconds: of each turn the median over its requests, or what else the name says."""


def rate(found: Figures) -> float:
    return found.output_tokens_per_second


def total_rate(found: Figures) -> float:
    return found.total_tokens_per_second


def table(measured: Sequence[Measured], limits: Limits) -> Iterator[str]:
    """Markdown. With limits there is the goodput beside the requests."""
    heads = ["load", "target", "output tokens/s", "of the first's", *COLUMNS, "requests/s"]
    heads += ["goodput/s"] if limits else []
    heads += ["processors", "tokens", "failed"]
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for load in unique(turn.load for turn in measured):
        under = [turn for turn in measured if turn.load == load]
        targets = unique(turn.target for turn in under)
        first = of_target(under, targets[0])
        for target in targets:
            cells = row(of_target(under, target), first, limits)
            yield f"| {' | '.join([load, target, *cells])} |"


def of_target(measured: Iterable[Measured], target: str) -> list[Figures]:
    """In the order of the rounds."""
    return [turn.figures for turn in measured if turn.target == target]


def row(turns: Sequence[Figures], first: Sequence[Figures], limits: Limits) -> list[str]:
    cells = [cell(map(rate, turns)), f"{ratio(turns, first, rate):.2f}"]
    cells += [cell(map(value, turns)) for value in COLUMNS.values()]
    cells.append(cell(found.requests_per_second for found in turns))
    if limits:
        cells.append(cell(found.goodput_per_second for found in turns))
    cells.append(cell((found.processors for found in turns), spread=False))
    cells.append(tokens(turns))
    failed = sum(sum(found.failures.values()) for found in turns)
    return [*cells, f"{failed} of {failed + sum(found.answers for found in turns)}"]


def ratio(turns: Sequence[Figures], first: Sequence[Figures], value: Value) -> float:
    """The median over the rounds of this one's to the first one's: both had the same moment."""
    pairs = ((value(own), value(other)) for own, other in zip(turns, first, strict=True))
    ratios = [own / other for own, other in pairs if own is not None and other]
    return median(ratios) if ratios else float("nan")


def cell(values: Iterable[float | None], *, spread: bool = True) -> str:
    """`147 (94 to 151)`; three digits of each, because no more of them come again."""
    known = [value for value in values if value is not None]
    if not known:
        return "-"
    whole = digits(median(known))
    return f"{whole} ({digits(min(known))} to {digits(max(known))})" if spread else whole


def digits(value: float) -> str:
    places = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:.{places}f}"


def tokens(turns: Sequence[Figures]) -> str:
    """Of a prompt and its answer, on average: what the servers counted."""
    answers = sum(found.answers for found in turns)
    if not answers:
        return "-"
    prompt = sum(found.prompt_tokens for found in turns) / answers
    output = sum(found.output_tokens for found in turns) / answers
    return f"{prompt:.0f} + {output:.0f}"


def failures(measured: Iterable[Measured]) -> Iterator[str]:
    """A sentence for each turn that had any."""
    for turn in measured:
        if turn.figures.failures:
            kinds = ", ".join(f"{count} {kind}" for kind, count in turn.figures.failures.items())
            yield (
                f"{turn.target}, {turn.load}, round {turn.round + 1}: {kinds} "
                f"({'; '.join(turn.failures)})"
            )


def unique(names: Iterable[str]) -> list[str]:
    """In the order in which they come first."""
    return list(dict.fromkeys(names))
