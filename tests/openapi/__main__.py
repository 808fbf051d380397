"""Holds the service to its document for longer than the tests do.

python -m tests.openapi --engine real --examples 100
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

from tests.openapi.run import documented_service, hold_to_document


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.openapi")
    parser.add_argument("--engine", choices=["scripted", "real"], default="scripted")
    parser.add_argument("--examples", type=int, default=100, help="of each operation and phase")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        documented_service(arguments.engine, Path(folder)) as service,
    ):
        report = hold_to_document(
            service, Path(folder), examples=arguments.examples, seed=arguments.seed
        )
    print(report.text)
    sys.exit(not report.clean)


if __name__ == "__main__":
    main()
