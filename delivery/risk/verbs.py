"""`make diff-risk` and `make baseline`."""

from __future__ import annotations

import argparse
import json
import sys

from delivery.errors import DeliveryError

SEPARATOR = ","


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """To the command line of this package."""
    risk = verbs.add_parser("diff-risk", help="grade what a deploy would do")
    risk.add_argument("--base", default="baseline", help="baseline, deployed, or a commit")
    risk.add_argument("--stage", default="", help="one stage; all of them otherwise")
    add_accept(risk)
    risk.add_argument("--all", action="store_true", help="show what is harmless too")
    risk.add_argument("--json", action="store_true", help="for a program, not a person")
    risk.set_defaults(run=_diff_risk)

    kept = verbs.add_parser("baseline", help="keep what the last release deployed")
    kept.add_argument("--stage", default="", help="one stage; all of them otherwise")
    kept.add_argument("--from-account", action="store_true", help="keep what is deployed")
    kept.set_defaults(run=_baseline)


def add_accept(parser: argparse.ArgumentParser) -> None:
    """What may be lost: also to verbs that refuse a loss."""
    parser.add_argument(
        "--accept", type=_ids, default=(), help="logical ids whose loss is meant, with commas"
    )


def _ids(text: str) -> tuple[str, ...]:
    return tuple(key for key in text.split(SEPARATOR) if key)


def _diff_risk(arguments: argparse.Namespace) -> int:
    from delivery.deploying.outcome import Outcome
    from delivery.risk.judging import judge_stages
    from delivery.risk.report import as_json, failures, lines

    try:
        verdicts = judge_stages(arguments.base, _stages(arguments), arguments.accept)
    except DeliveryError as error:
        if not arguments.json:
            raise
        print(json.dumps({"error": str(error)}))
        return Outcome.FAILED.status
    if arguments.json:
        print(as_json(verdicts))
    else:
        told = (line for verdict in verdicts for line in lines(verdict, everything=arguments.all))
        print("\n".join(told), flush=True)
    failing = [line for verdict in verdicts for line in failures(verdict)]
    for line in failing:
        print(line, file=sys.stderr)
    return Outcome.REFUSED.status if failing else Outcome.DONE.status


def _baseline(arguments: argparse.Namespace) -> None:
    from delivery.risk.judging import write_baselines

    for file in write_baselines(_stages(arguments), from_account=arguments.from_account):
        print(f"{file} is written; commit it.")


def _stages(arguments: argparse.Namespace) -> list[str]:
    return [arguments.stage] if arguments.stage else []
