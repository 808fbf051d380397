"""The cost of a stage as lines for a person, or as JSON."""

import json
from collections.abc import Iterator
from typing import Final

from operations.bill import Bill, Line
from operations.cost.figures import Cost
from operations.prices import REGION
from operations.tasks import Level

NOT_MEASURED: Final = (
    "per million tokens: not computed, because nothing was measured for this model on a task of "
    "this size with so many slots; measure it (python -m bench.generator) and pass "
    "TOKENS_PER_SECOND=..."
)
NOT_PRICED: Final = "per million tokens: not computed: operations/prices.toml has no price of"


def summary(cost: Cost) -> str:
    """The three levels in half a sentence."""
    idle, least, most = (cost.monthly_usd(level) for level in Level)
    return (
        f"about {least:.0f} USD a month at the minimum of {_counted(cost, Level.MINIMUM)}, "
        f"{most:.0f} at the maximum of {_counted(cost, Level.MAXIMUM)}, {idle:.0f} with no task"
    )


def per_million(cost: Cost) -> str:
    """What a million generated tokens come to, and on what that is based."""
    if cost.throughput is None:
        return NOT_MEASURED
    if cost.unpriced_tasks:
        return f"{NOT_PRICED} {', '.join(cost.unpriced_tasks)}"
    figures = [
        f"{usd:.2f} {words}"
        for usd, words in (
            (cost.per_million(Level.MINIMUM), "at the minimum"),
            (cost.per_million(Level.MAXIMUM), "at the maximum"),
            (cost.per_million_more(), "for what a further task adds"),
        )
        if usd is not None
    ]
    return (
        "per million generated tokens, all slots taken all month: "
        f"{bound(cost)}{', '.join(figures)} "
        f"({cost.throughput.tokens_per_second:g} tokens a second and task, "
        f"{cost.throughput.basis})"
    )


def bound(cost: Cost) -> str:
    """What goes before such a figure where the tasks are larger than what was measured."""
    return "at most " if cost.throughput and cost.throughput.is_least else ""


def lines(cost: Cost, *, stage: str) -> Iterator[str]:
    """Everything, the levels first."""
    yield f"Stage {stage}: {summary(cost)}."
    yield f"By list prices of {REGION}, before traffic, tax and free tier."
    yield f"{per_million(cost)[:1].upper()}{per_million(cost)[1:]}."
    yield ""
    yield from details(cost.bills[Level.MAXIMUM], least=cost.bills[Level.MINIMUM])


def details(bill: Bill, *, least: Bill) -> Iterator[str]:
    """What makes the sum at the maximum, beside the same at the minimum; then what is not in it."""
    at_least = {line.what: line for line in least.lines}
    yield " minimum   maximum"
    for line in bill.lines:
        low = at_least.get(line.what)
        read = f"{line.price.amount:g} per {line.price.unit}, {line.price.date}"
        yield (
            f"{low.monthly_usd if low else 0:8.2f}  {line.monthly_usd:8.2f}  "
            f"{_label(line, low)} ({read}, {line.price.source})"
        )
    for name in bill.not_priced:
        yield f"       ?         ?  not priced: {name}"
    for name in bill.by_use:
        yield f"       +         +  by use: {name}"


def _label(line: Line, low: Line | None) -> str:
    count = low.count if low else 0
    return line.label if count == line.count else f"{count} to {line.count} x {line.what}"


def as_json(cost: Cost, *, stage: str) -> str:
    """The same for a program."""
    throughput = cost.throughput
    content = {
        "stage": stage,
        "region_of_prices": REGION,
        "monthly_usd": {level: round(cost.monthly_usd(level), 2) for level in Level},
        "tasks": {level: cost.tasks[level] for level in Level},
        "usd_per_million_tokens": {
            "minimum": cost.per_million(Level.MINIMUM),
            "maximum": cost.per_million(Level.MAXIMUM),
            "further_task": cost.per_million_more(),
        },
        "throughput": throughput
        and {"tokens_per_second": throughput.tokens_per_second, "basis": throughput.basis},
        "lines": {level: _lines(cost.bills[level]) for level in Level},
        "not_priced": cost.bills[Level.MAXIMUM].not_priced,
        "by_use": cost.bills[Level.MAXIMUM].by_use,
    }
    return json.dumps(content, indent=2)


def _lines(bill: Bill) -> list[dict[str, object]]:
    return [
        {
            "what": line.what,
            "count": line.count,
            "monthly_usd": round(line.monthly_usd, 2),
            "price": line.price.amount,
            "unit": line.price.unit,
            "date": line.price.date,
            "source": line.price.source,
        }
        for line in bill.lines
    ]


def _counted(cost: Cost, level: Level) -> str:
    count = cost.tasks[level]
    return "1 task" if count == 1 else f"{count} tasks"
