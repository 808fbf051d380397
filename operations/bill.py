"""What a stage costs a month at its minimum, from its templates and the price table."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from operations.charges import BY_USE, FIXED, Charge, is_free
from operations.prices import Price
from operations.stage import SynthesisedStage


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


def estimate(stage: SynthesisedStage, prices: Mapping[str, Price]) -> Bill:
    """The stage's bill; a charge whose price is missing is named, never guessed."""
    charges = _charges(stage)
    kinds = {resource.type for resource in stage.resources()}
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
    unknown = {kind for kind in kinds if kind not in FIXED | BY_USE and not is_free(kind)}
    return Bill(
        lines=tuple(sorted(lines, key=lambda line: -line.monthly_usd)),
        by_use=tuple(sorted({BY_USE[kind] for kind in kinds & BY_USE.keys()})),
        not_priced=tuple(sorted(missing | unknown)),
    )


def _charges(stage: SynthesisedStage) -> Counter[Charge]:
    """How many there are of each charge for one thing."""
    total: Counter[Charge] = Counter()
    for resource in stage.resources():
        if rule := FIXED.get(resource.type):
            for charge in rule(resource, stage.templates[resource.stack]):
                total[Charge(charge.what, 1, charge.price, charge.units)] += charge.count
    return total
