"""`make verify-aws STAGE=...`: exit 1 where a claim was refuted, 2 where none could be shown."""

import argparse
import sys

from rich.console import Console

from operations.account import NoCredentials, open_account
from operations.verify.claim import Verdict
from operations.verify.deployment import Deployment
from operations.verify.listing import CLAIMS
from operations.verify.report import describe, tell
from operations.verify.run import verify


def main() -> int:
    """List the claims, or check those that can be checked against a deployed stage."""
    arguments = _arguments()
    console = Console(highlight=False)
    if arguments.list:
        for claim in CLAIMS:
            describe(claim, console)
        return 0
    try:
        account = open_account()
    except NoCredentials as error:
        print(error, file=sys.stderr)
        return 1
    if account.region is None:
        print(
            "no region is set; set AWS_REGION, or AWS_PROFILE to one that has it", file=sys.stderr
        )
        return 1
    deployment = Deployment(account, stage=arguments.stage, url=arguments.url)
    counted = tell(verify(CLAIMS, deployment), console, is_aws=account.is_aws)
    if counted[Verdict.REFUTED]:
        return 1
    return 0 if counted[Verdict.VERIFIED] else 2


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m operations.verify", description=__doc__)
    parser.add_argument("--stage", default="dev", help="the deployed stage")
    parser.add_argument("--url", help="the endpoint's address, where it is not the stack's output")
    parser.add_argument("--list", action="store_true", help="only say what there is to verify")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
