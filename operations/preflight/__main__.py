"""`make preflight STAGE=...`: exit 1 where a check failed."""

import argparse
import sys

from rich.console import Console

from infra.stage_files import SettingsError
from operations.account import NoCredentials, open_account
from operations.overrides import add_overrides, overrides_of
from operations.preflight.finding import Subject
from operations.preflight.report import as_json, failed, print_lines
from operations.preflight.run import run_checks
from operations.stage import synthesise_stage


def main() -> int:
    """Run the checks and tell what they found."""
    arguments = _arguments()
    try:
        stage = synthesise_stage(arguments.stage, overrides_of(arguments))
        account = open_account()
    except (SettingsError, NoCredentials) as error:
        print(error, file=sys.stderr)
        return 1
    results = run_checks(Subject(stage, account))
    if arguments.json:
        print(as_json(results, stage=arguments.stage))
    else:
        print_lines(results, Console(highlight=False))
    return 1 if failed(results) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m operations.preflight", description=__doc__)
    parser.add_argument("--stage", default="dev", help="the stage that would be deployed")
    parser.add_argument("--json", action="store_true", help="for a program, not a person")
    add_overrides(parser)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
