"""The command line behind `make diff`, `comment`, `deploy` and `smoke`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from delivery.errors import DeliveryError

SMOKE_SECONDS = 120
# As a base: what CloudFormation has, in the account that the credentials are for.
DEPLOYED = "deployed"


def main() -> int:
    """Run one verb; errors are a sentence on standard error."""
    arguments = _parser().parse_args()
    try:
        arguments.run(arguments)
    except DeliveryError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m delivery", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    diff = verbs.add_parser("diff", help="the CLI's diff of a stage against a commit or AWS")
    diff.add_argument("--base", required=True)
    diff.add_argument("--stage", required=True)
    diff.set_defaults(run=_diff)

    comment = verbs.add_parser("comment", help="write the comment for a pull request")
    comment.add_argument("--base", required=True)
    comment.add_argument("--out", type=Path, required=True)
    comment.set_defaults(run=_comment)

    deploy = verbs.add_parser("deploy", help="deploy a stage")
    deploy.add_argument("--stage", required=True)
    deploy.set_defaults(run=_deploy)

    smoke = verbs.add_parser("smoke", help="ask a deployed endpoint")
    smoke.add_argument("--stage", required=True)
    smoke.add_argument("--url", default="")
    smoke.add_argument("--seconds", type=float, default=SMOKE_SECONDS)
    smoke.set_defaults(run=_smoke)
    return parser


# Each verb imports what it needs: the schemas alone take a second.


def _diff(arguments: argparse.Namespace) -> None:
    from delivery.review import diff_deployed, review

    if arguments.base == DEPLOYED:
        print(diff_deployed(arguments.stage))
        return
    for item in review(arguments.base, [arguments.stage]):
        if item.dropped:
            print(f"Stack {item.stack} ({item.name})\nIn the app no more; destroy it by hand.\n")
        else:
            same = f"Stack {item.stack} ({item.name})\nThere were no differences"
            print(item.diff or same, end="\n\n")


def _comment(arguments: argparse.Namespace) -> None:
    from delivery.comment import render
    from delivery.review import review

    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    text = render(review(arguments.base), base=arguments.base)
    arguments.out.write_text(text, encoding="utf-8")
    print(f"{len(text)} characters in {arguments.out}")


def _deploy(arguments: argparse.Namespace) -> None:
    from delivery.deploy import deploy

    deploy(arguments.stage)


def _smoke(arguments: argparse.Namespace) -> None:
    from delivery.deploy import deployed_url
    from delivery.smoke import Smoke

    key = os.environ.get("LLM_API_KEY")
    if not key:
        raise DeliveryError(
            "LLM_API_KEY: got none; make one with `make key NAME=smoke "
            f"STAGE={arguments.stage}` and put it there"
        )
    url = arguments.url or deployed_url(arguments.stage)
    print(f"Smoke test of {url}", flush=True)
    for passed in Smoke(url, key, seconds=arguments.seconds).run():
        print(f"  \N{CHECK MARK} {passed.check}: {passed.seen}  {passed.seconds:.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
