"""A stage's bills at each level, and what a million generated tokens come to."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from operations.bill import Bill, estimate
from operations.charges import HOURS
from operations.prices import Price
from operations.stage import Resource, Template, resources_of
from operations.tasks import SERVICE, Level, task_charges, task_count, task_definition
from operations.throughput import Measurement, Throughput, measured, own

MILLION: Final = 1_000_000
SECONDS_A_MONTH: Final = HOURS * 3600


@dataclass(frozen=True, slots=True)
class Cost:
    """USD a month, by list prices, before traffic. `throughput`: None where none was measured.

    `unpriced_tasks`: what tasks need and no price was found for; tokens then have none either.
    """

    bills: Mapping[Level, Bill]
    tasks: Mapping[Level, int]
    throughput: Throughput | None
    unpriced_tasks: tuple[str, ...] = ()

    def monthly_usd(self, level: Level) -> float:
        """The sum of what has a price."""
        return self.bills[level].monthly_usd

    def per_million(self, level: Level) -> float | None:
        """USD per million tokens with all slots of this level's tasks taken all month."""
        return self._per_million(self.monthly_usd(level), tasks=self.tasks[level])

    def per_million_more(self) -> float | None:
        """The same of what a further task adds, in tokens and in USD."""
        low, high = Level.MINIMUM, Level.MAXIMUM
        if self.tasks[high] == self.tasks[low]:
            low, high = Level.IDLE, Level.MINIMUM
        more = self.monthly_usd(high) - self.monthly_usd(low)
        return self._per_million(more, tasks=self.tasks[high] - self.tasks[low])

    def _per_million(self, usd: float, *, tasks: int) -> float | None:
        if self.throughput is None or self.unpriced_tasks or not tasks:
            return None
        tokens = self.throughput.tokens_per_second * SECONDS_A_MONTH * tasks
        return usd / tokens * MILLION


def cost_of(
    templates: Mapping[str, Template],
    prices: Mapping[str, Price],
    measurements: Iterable[Measurement],
    *,
    tokens_per_second: float | None = None,
) -> Cost:
    """Of a stage's templates; a task's `tokens_per_second` stands instead of what we measured."""
    services = [item for item in resources_of(templates) if item.type == SERVICE]
    return Cost(
        bills={level: estimate(templates, prices, level) for level in Level},
        tasks={level: _tasks(services, templates, level) for level in Level},
        throughput=own(tokens_per_second)
        if tokens_per_second
        else _measured(services, templates, measurements),
        unpriced_tasks=tuple(_unpriced(services, templates, prices)),
    )


def _unpriced(
    services: list[Resource], templates: Mapping[str, Template], prices: Mapping[str, Price]
) -> Iterator[str]:
    for item in services:
        for charge in task_charges(item, templates[item.stack], Level.MAXIMUM):
            if charge.price not in prices:
                yield charge.what


def _tasks(services: list[Resource], templates: Mapping[str, Template], level: Level) -> int:
    return sum(task_count(item, templates[item.stack], level) for item in services)


def _measured(
    services: list[Resource],
    templates: Mapping[str, Template],
    measurements: Iterable[Measurement],
) -> Throughput | None:
    """Of the stage's service; there is one."""
    for item in services:
        return measured(task_definition(item, templates[item.stack]), measurements)
    return None
