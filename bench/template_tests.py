"""How long the tests of the templates take, all of them, in a session of their own.

python -m bench.template_tests
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from bench.bars import TEMPLATE_TESTS, Reached

ROOT = Path(__file__).parents[1]


def seconds() -> float:
    """Of one `pytest tests/infra`, from its start to its end. Raises where a test fails."""
    # Without its bytecode each start compiles the CDK, which no person's shell asks for.
    environment = {key: os.environ[key] for key in os.environ if key != "PYTHONDONTWRITEBYTECODE"}
    begun = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests/infra"],
        cwd=ROOT,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.monotonic() - begun


def reached() -> list[Reached]:
    """Of one session."""
    return [Reached(TEMPLATE_TESTS, seconds())]


def main() -> None:
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(
        f"template tests: {seconds():.0f} seconds; {os.cpu_count()} processors, load {load} before"
    )


if __name__ == "__main__":
    main()
