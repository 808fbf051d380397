"""Walks from a first deploy through the changes of a stage's life to its end, and prints the table.

python -m tests.day_two
"""

from __future__ import annotations

import sys
import time

import tests.conftest  # noqa: F401  (how the CDK runs in tests)
from tests.day_two.course import table, walk


def main() -> None:
    """The table is the standard output; what happens meanwhile goes to the other one."""
    begun = time.monotonic()

    def tell(step: str) -> None:
        print(f"{time.monotonic() - begun:4.0f} s  {step}", file=sys.stderr, flush=True)

    for line in table(walk(tell)):
        print(line, flush=True)


if __name__ == "__main__":
    main()
