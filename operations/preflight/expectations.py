"""What the stage will cost, and what `cdk destroy` will leave; neither can fail."""

from collections.abc import Iterator

from operations.bill import Bill, estimate
from operations.leftovers import left_behind
from operations.preflight.finding import Finding, Mark, Subject
from operations.prices import REGION, load_prices


def check_cost(subject: Subject) -> Iterator[Finding]:
    """The month at the minimum."""
    bill = estimate(subject.stage, load_prices())
    elsewhere = subject.account.region not in (None, REGION)
    found = f"about {bill.monthly_usd:.0f} USD a month at the minimum, by prices of {REGION}"
    todo = f"prices of {subject.account.region} differ: see AWS's calculator" if elsewhere else ""
    if bill.not_priced:
        todo = "; ".join(filter(None, (todo, "add what is not priced to operations/prices.toml")))
    yield Finding(Mark.NOTE if todo else Mark.OK, found, todo, tuple(_details(bill)))


def _details(bill: Bill) -> Iterator[str]:
    for line in bill.lines:
        read = f"{line.price.amount:g} per {line.price.unit}, {line.price.date}"
        yield f"{line.monthly_usd:8.2f}  {line.label} ({read}, {line.price.source})"
    for name in bill.not_priced:
        yield f"       ?  not priced: {name}"
    for name in bill.by_use:
        yield f"       +  by use: {name}"


def check_leftovers(subject: Subject) -> Iterator[Finding]:
    """What stays when the stage is destroyed."""
    left = left_behind(subject.stage)
    if not left:
        yield Finding(Mark.OK, "cdk destroy would leave nothing")
        return
    details = tuple(f"{stack}: {', '.join(things)}" for stack, things in left.items())
    count = sum(map(len, left.values()))
    todo = "set retain_data = false where that is not wanted"
    yield Finding(
        Mark.NOTE,
        f"cdk destroy would leave {count} things, and their storage is charged",
        todo,
        details,
    )
