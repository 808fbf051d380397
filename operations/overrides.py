"""The option `-c KEY=VALUE`, as the CDK's command line has it."""

import argparse

from infra.stage_files import OVERRIDES


def add_overrides(parser: argparse.ArgumentParser) -> None:
    """Collects into `context` what overrides the stage's file."""
    parser.add_argument(
        "-c",
        dest="context",
        action="append",
        default=[],
        type=_override,
        metavar="KEY=VALUE",
        help=f"as for cdk: {', '.join(OVERRIDES)}",
    )


def overrides_of(arguments: argparse.Namespace) -> dict[str, str]:
    """What was collected, by key."""
    return dict(pair.partition("=")[::2] for pair in arguments.context)


def _override(pair: str) -> str:
    key, equals, _ = pair.partition("=")
    if not equals or key not in OVERRIDES:
        raise argparse.ArgumentTypeError(f"got {pair!r}; write one of {', '.join(OVERRIDES)}=VALUE")
    return pair
