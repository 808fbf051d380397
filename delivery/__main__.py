"""The command line of make diff, diff-risk, baseline, comment, deploy, rollback, status, smoke."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from delivery.deploying.redaction import without_secrets
from delivery.errors import DeliveryError
from delivery.risk.verbs import add_accept
from delivery.risk.verbs import add_verbs as add_risk_verbs

# What takes long to import is imported by the verb that needs it.
if TYPE_CHECKING:
    from delivery.deploying.news import Teller

# As a base: what CloudFormation has, in the account that the credentials are for.
DEPLOYED = "deployed"


def main() -> int:
    """Run one verb. What may change AWS ends with a result; of others an error is told here."""
    arguments = _parser().parse_args()
    try:
        status: int | None = arguments.run(arguments)
    except DeliveryError as error:
        print(without_secrets(str(error)), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return 130
    finally:
        _let_go_of_output()
    return status or 0


def _let_go_of_output() -> None:
    """What nobody reads any more cannot be written, and is no failure of the verb."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


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

    add_risk_verbs(verbs)
    _add_deploy_verbs(verbs)
    return parser


def _add_deploy_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    where = argparse.ArgumentParser(add_help=False)
    where.add_argument("--stage", required=True)
    where.add_argument("--url", default="", help="REST's address, if not the stack's output")
    where.add_argument("--grpc-url", default="", help="grpcs://..., if it is another")

    over = argparse.ArgumentParser(add_help=False)
    over.add_argument("-c", dest="context", action="append", default=[], metavar="KEY=VALUE")

    deploy = verbs.add_parser("deploy", parents=[where, over], help="deploy a stage")
    deploy.add_argument("--in-spite-of-alarms", action="store_true")
    add_accept(deploy)
    deploy.add_argument("--import-existing", action="store_true", help="what a destroy has kept")
    deploy.add_argument("--json", action="store_true", help="a line of JSON for each event")
    deploy.set_defaults(run=_deploy)

    back = verbs.add_parser("rollback", parents=[where, over], help="take a stage back")
    back.add_argument("--to", default="", help="a revision; by default the one that ran before")
    back.add_argument("--json", action="store_true", help="a line of JSON for each event")
    back.set_defaults(run=_rollback)

    status = verbs.add_parser("status", help="how a deployed stage stands")
    status.add_argument("--stage", required=True)
    status.add_argument("--json", action="store_true", help="one JSON document")
    status.add_argument("--no-cost-explorer", action="store_true", help="it costs 0.01 USD a call")
    status.set_defaults(run=_status)

    smoke = verbs.add_parser("smoke", parents=[where], help="ask a deployed endpoint")
    smoke.add_argument("--seconds", type=float, help="how long to go on asking")
    smoke.set_defaults(run=_smoke)


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
    from delivery.consequences import consequences
    from delivery.review import FOLDER, review

    reviews = review(arguments.base)
    beside = consequences(FOLDER, {item.stage for item in reviews})
    text = render(reviews, base=arguments.base, beside=beside)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(text, encoding="utf-8")
    print(f"{len(text)} characters in {arguments.out}")


def _deploy(arguments: argparse.Namespace) -> int:
    from delivery.deploy import Wish, deploy
    from operations.overrides import overrides_of

    wish = Wish(
        arguments.stage,
        context=overrides_of(arguments),
        url=arguments.url,
        grpc_url=arguments.grpc_url,
        in_spite_of_alarms=arguments.in_spite_of_alarms,
        import_existing=arguments.import_existing,
        accept=arguments.accept,
    )
    return _to_its_end("deploy", arguments, partial(deploy, wish))


def _rollback(arguments: argparse.Namespace) -> int:
    from delivery.deploy import Wish
    from delivery.deploying.agreement import ask_person
    from delivery.rollback import roll_back
    from operations.overrides import overrides_of

    wish = Wish(
        arguments.stage,
        context=overrides_of(arguments),
        url=arguments.url,
        grpc_url=arguments.grpc_url,
    )
    act = partial(roll_back, wish, confirm=ask_person, to=arguments.to)
    return _to_its_end("rollback", arguments, act)


def _to_its_end(verb: str, arguments: argparse.Namespace, act: Callable[[Teller], object]) -> int:
    from delivery.deploying.ending import to_its_end

    with _teller(f"{verb} {arguments.stage}", as_json=arguments.json) as teller:
        return to_its_end(verb, arguments.stage, act, teller)


def _status(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from delivery.status import status

    return status(
        arguments.stage,
        as_json=arguments.json,
        ask_cost=not arguments.no_cost_explorer,
        console=Console(highlight=False),
    ).status


def _smoke(arguments: argparse.Namespace) -> None:
    if not os.environ.get("LLM_API_KEY"):
        raise DeliveryError(
            "LLM_API_KEY: got none; make one with `make key NAME=smoke "
            f"STAGE={arguments.stage}` and put it there"
        )
    from delivery.deploying.proving import SECONDS, smoke_test
    from delivery.endpoint import endpoint_of
    from delivery.outputs import url_left_here
    from infra.stage_files import SettingsError, load_stage

    try:
        settings = load_stage(arguments.stage)
    except SettingsError as error:
        raise DeliveryError(str(error)) from None
    url = arguments.url or url_left_here(arguments.stage)
    endpoint = endpoint_of(settings, url, arguments.grpc_url)
    print(f"Smoke test of {url}", flush=True)
    smoke = smoke_test(endpoint, seconds=arguments.seconds or SECONDS)
    for passed in smoke.run():
        print(f"  \N{CHECK MARK} {passed.told}", flush=True)
    for check, why in smoke.left_out.items():
        print(f"    left out: {check}: {why}")


@contextmanager
def _teller(title: str, *, as_json: bool) -> Iterator[Teller]:
    """Draws in a terminal, writes lines elsewhere, or JSON where that is asked for."""
    from rich.console import Console

    from delivery.deploying.screen import Screen
    from delivery.deploying.tellers import JsonLines, Lines

    console = Console(highlight=False)
    if as_json:
        yield JsonLines(sys.stdout)
    elif console.is_terminal:
        with Screen(title, console) as screen:
            yield screen
    else:
        yield Lines(sys.stdout)


if __name__ == "__main__":
    sys.exit(main())
