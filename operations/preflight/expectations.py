"""What the stage will cost, and what `cdk destroy` will leave; neither can fail."""

from collections.abc import Iterator

from operations.cost.figures import cost_of
from operations.cost.report import details, per_million, summary
from operations.leftovers import left_behind
from operations.preflight.finding import Finding, Mark, Subject
from operations.prices import REGION, load_prices
from operations.tasks import Level
from operations.throughput import load_measurements


def check_cost(subject: Subject) -> Iterator[Finding]:
    """The month with no task, at the bounds of the scaling, and per million tokens."""
    cost = cost_of(subject.stage.templates, load_prices(), load_measurements())
    bill = cost.bills[Level.MAXIMUM]
    elsewhere = subject.account.region not in (None, REGION)
    todo = f"prices of {subject.account.region} differ: see AWS's calculator" if elsewhere else ""
    if bill.not_priced:
        todo = "; ".join(filter(None, (todo, "add what is not priced to operations/prices.toml")))
    told = (per_million(cost), *details(bill, least=cost.bills[Level.MINIMUM]))
    found = f"{summary(cost)}, by prices of {REGION}"
    yield Finding(Mark.NOTE if todo else Mark.OK, found, todo, told)


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
