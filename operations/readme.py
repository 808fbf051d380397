"""What the README says of stage dev's cost, written from the bill: `make manual`."""

import sys
from pathlib import Path
from typing import Final

from operations.bill import Bill, estimate
from operations.prices import REGION, load_prices
from operations.stage import synthesise_stage

BEGIN: Final = "<!-- cost: begin (make manual) -->"
END: Final = "<!-- cost: end -->"
STAGE: Final = "dev"


def with_cost(readme: str, bill: Bill) -> str:
    """The README with the sentence between its marks made anew."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{cost_sentence(bill)}\n{END}{after}"


def cost_sentence(bill: Bill) -> str:
    """The sum first, then what makes it, the dearest first."""
    parts = ", ".join(
        f"{line.label} {line.monthly_usd:.0f}" for line in bill.lines if line.monthly_usd >= 1
    )
    return (
        f"Stage `{STAGE}`: about {bill.monthly_usd:.0f} USD a month at the minimum, "
        f"by {REGION} list prices\n({parts}), before traffic."
    )


def main() -> None:
    """Rewrite the sentence in the README named on the command line."""
    readme = Path(sys.argv[1])
    bill = estimate(synthesise_stage(STAGE), load_prices())
    readme.write_text(with_cost(readme.read_text(encoding="utf-8"), bill), encoding="utf-8")


if __name__ == "__main__":
    main()
