"""How long the tests of the templates take, all of them, in a session of their own.

python -m bench.template_tests
"""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from bench.bars import TEMPLATE_TESTS, Reached
from bench.machine import how_busy, shell_environment

ROOT = Path(__file__).parents[1]


def seconds() -> float:
    """Of one `make test-templates`, from its start to its end. Raises where a test fails."""
    begun = time.monotonic()
    subprocess.run(
        ["make", "-o", "setup", "test-templates"],
        cwd=ROOT,
        env=shell_environment(),
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.monotonic() - begun


def reached() -> list[Reached]:
    """Of one session."""
    return [Reached(TEMPLATE_TESTS, seconds())]


def main() -> None:
    before = how_busy()
    print(f"template tests: {seconds():.0f} seconds; {before} before")


if __name__ == "__main__":
    main()
