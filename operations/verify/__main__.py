"""`make verify-aws STAGE=...`: exit 1 where a claim was refuted, 2 where none could be shown."""

import argparse
import sys
from collections import Counter

from rich.console import Console
from rich.markup import escape

from operations.account import NoCredentials, open_account
from operations.verify.claim import ByHand, Claim, Verdict
from operations.verify.deployment import Deployment
from operations.verify.listing import CLAIMS
from operations.verify.run import verify

COLOURS = {
    Verdict.VERIFIED: "green",
    Verdict.REFUTED: "red",
    Verdict.NOT_SHOWN: "magenta",
    Verdict.BY_HAND: "yellow",
}


def main() -> int:
    """List the claims, or check those that can be checked against a deployed stage."""
    arguments = _arguments()
    console = Console(highlight=False)
    if arguments.list:
        for claim in CLAIMS:
            _show(claim, console)
        return 0
    try:
        deployment = Deployment(open_account(), stage=arguments.stage, url=arguments.url)
    except NoCredentials as error:
        print(error, file=sys.stderr)
        return 1
    counted: Counter[Verdict] = Counter()
    for claim, outcome in verify(CLAIMS, deployment):
        counted[outcome.verdict] += 1
        colour = COLOURS[outcome.verdict]
        text = f"{claim.id}: {claim.sentence} {outcome.saw}"
        console.print(f"[{colour}]{outcome.verdict:9}[/] {escape(text)}", soft_wrap=True)
    console.print(", ".join(f"{counted[verdict]} {verdict}" for verdict in Verdict))
    if counted[Verdict.REFUTED]:
        return 1
    return 0 if counted[Verdict.VERIFIED] else 2


def _show(claim: Claim, console: Console) -> None:
    console.print(f"[bold]{claim.id}[/]: {escape(claim.sentence)}", soft_wrap=True)
    lines = [f"relied on in {claim.made_in}; says {claim.source}; costs {claim.costs}"]
    if isinstance(claim.how, ByHand):
        lines += [f"by hand {number}. {step}" for number, step in enumerate(claim.how.steps, 1)]
    else:
        lines.append("checked by this program")
    for line in lines:
        console.print(f"    {escape(line)}", soft_wrap=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m operations.verify", description=__doc__)
    parser.add_argument("--stage", default="dev", help="the deployed stage")
    parser.add_argument("--url", help="the endpoint's address, where it is not the stack's output")
    parser.add_argument("--list", action="store_true", help="only say what there is to verify")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
