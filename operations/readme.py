"""What the README says of stage dev's cost, written from the bill: `make manual`."""

import sys
from pathlib import Path
from typing import Final

from infra.marks import with_part
from operations.cost.figures import Cost, cost_of
from operations.cost.report import summary
from operations.prices import REGION, load_prices
from operations.stage import synthesise_stage
from operations.tasks import Level
from operations.throughput import load_measurements

STAGE: Final = "dev"


def with_cost(readme: str, cost: Cost) -> str:
    """The README with the sentence of today."""
    return with_part(readme, "cost", cost_sentence(cost))


def cost_sentence(cost: Cost) -> str:
    """The sums first, then what makes the one at the minimum, the dearest first."""
    parts = ", ".join(
        f"{line.label} {line.monthly_usd:.0f}"
        for line in cost.bills[Level.MINIMUM].lines
        if line.monthly_usd >= 1
    )
    return (
        f"Stage `{STAGE}`: {summary(cost)},\nby {REGION} list prices, before traffic. "
        f"What makes the minimum:\n{parts}."
    )


def main() -> None:
    """Rewrite the sentence in the README named on the command line."""
    readme = Path(sys.argv[1])
    cost = cost_of(synthesise_stage(STAGE).templates, load_prices(), load_measurements())
    readme.write_text(with_cost(readme.read_text(encoding="utf-8"), cost), encoding="utf-8")


if __name__ == "__main__":
    main()
