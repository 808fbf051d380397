"""`python -m service.model prepare SOURCE`: weights made ready for the CPU that will run them."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from service.model.errors import ModelError

LOSS = 0.05


def main() -> int:
    """Errors are one sentence on standard error."""
    arguments = parser().parse_args()
    from service.engine.process import check_program
    from service.model.preparation import Changes, Fastest, prepare
    from service.model.trial.engine import Runner

    fastest = Fastest(
        loss=arguments.loss, runner=Runner(arguments.threads, arguments.engine_program)
    )
    changes = Changes(
        type_name=arguments.type,
        chat_template=arguments.chat_template,
        fastest=fastest if arguments.fastest else None,
    )
    try:
        check_program(arguments.engine_program)
        prepare(arguments.source, sha256=arguments.sha256, changes=changes, output=arguments.output)
    except (ModelError, FileNotFoundError) as wrong:
        print(wrong, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; nothing unfinished is left behind.", file=sys.stderr)
        return 130
    return 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m service.model", description=__doc__)
    prepare = top.add_subparsers(required=True, metavar="VERB").add_parser(
        "prepare", help="fetch, verify, inspect a GGUF file, and write it anew"
    )
    prepare.add_argument("source", help="a file, `bundled`, s3://bucket/key or https://...")
    prepare.add_argument("--sha256", help="what the source's SHA-256 must be, in hex")
    kind = prepare.add_mutually_exclusive_group()
    kind.add_argument("--type", help="write the weights in this type, for example Q8_0")
    kind.add_argument(
        "--fastest",
        action="store_true",
        help="try the types here, in the engine, and write the fastest; takes minutes",
    )
    prepare.add_argument(
        "--loss",
        type=float,
        default=LOSS,
        metavar="NATS",
        help="how far the fastest may be from the source: mean divergence (%(default)s)",
    )
    prepare.add_argument(
        "--threads", type=int, default=os.cpu_count(), help="that tasks have (%(default)s)"
    )
    prepare.add_argument(
        "--engine-program",
        default="",
        metavar="FILE",
        help="that tasks have in the place of the wheel's engine (LLM_ENGINE_PROGRAM)",
    )
    prepare.add_argument(
        "--chat-template",
        type=Path,
        metavar="FILE",
        help="write this Jinja template into it, for example one with a place for tools",
    )
    prepare.add_argument("--output", type=Path, help="the file to write")
    return top


if __name__ == "__main__":
    sys.exit(main())
