"""What a stage costs a month, from its templates and the price table."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from operations.charges import BY_USE, FIXED, Charge, is_free
from operations.prices import Price
from operations.stage import Template, resources_of
from operations.tasks import SERVICE, Level, task_charges


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of thing: how many, and what they cost together."""

    what: str
    count: int
    monthly_usd: float
    price: Price

    @property
    def label(self) -> str:
        """What it is, and how many where there are several."""
        return self.what if self.count == 1 else f"{self.count} x {self.what}"


@dataclass(frozen=True, slots=True)
class Bill:
    """What is sure, what depends on use, and what no price was found for."""

    lines: tuple[Line, ...]
    by_use: tuple[str, ...]
    not_priced: tuple[str, ...]

    @property
    def monthly_usd(self) -> float:
        """The sum of the lines."""
        return sum(line.monthly_usd for line in self.lines)


def estimate(
    templates: Mapping[str, Template], prices: Mapping[str, Price], level: Level = Level.MINIMUM
) -> Bill:
    """The bill of a stage's templates; a charge whose price is missing is named, never guessed."""
    charges = _counted(_charges(templates, level))
    kinds = {resource.type for resource in resources_of(templates)}
    lines = [
        Line(
            charge.what,
            count,
            count * charge.units * prices[charge.price].amount,
            prices[charge.price],
        )
        for charge, count in charges.items()
        if charge.price in prices
    ]
    missing = {
        f"{charge.what} ({charge.price})" for charge in charges if charge.price not in prices
    }
    unknown = {kind for kind in kinds - {SERVICE} if kind not in FIXED | BY_USE}
    return Bill(
        lines=tuple(sorted(lines, key=lambda line: -line.monthly_usd)),
        by_use=tuple(sorted({BY_USE[kind] for kind in kinds & BY_USE.keys()})),
        not_priced=tuple(sorted(missing | {kind for kind in unknown if not is_free(kind)})),
    )


def _charges(templates: Mapping[str, Template], level: Level) -> Iterator[Charge]:
    for resource in resources_of(templates):
        template = templates[resource.stack]
        if resource.type == SERVICE:
            yield from task_charges(resource, template, level)
        elif rule := FIXED.get(resource.type):
            yield from rule(resource, template)


def _counted(charges: Iterator[Charge]) -> Counter[Charge]:
    """How many there are of each charge for one thing."""
    total: Counter[Charge] = Counter()
    for charge in charges:
        total[Charge(charge.what, 1, charge.price, charge.units)] += charge.count
    return total
