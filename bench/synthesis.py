"""How long the CDK's command line synthesises each stage, with its own validation and without.

PATH=<Node's folder>:$PATH python -m bench.synthesis
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from infra.stage_files import stage_names

ROOT = Path(__file__).parents[1]
WAYS = {"with validation": "true", "without": "false"}
"""What `CDK_VALIDATION` is, by the column of the table."""

Seconds = dict[str, list[float]]


def seconds(stage: str, validation: str) -> float:
    """Of one `cdk synth`, as a person waits for it; Python and Node start anew."""
    environment = os.environ | {"CDK_VALIDATION": validation, "CDK_DISABLE_CLI_TELEMETRY": "true"}
    with tempfile.TemporaryDirectory() as out:
        words = ["synth", "--quiet", "--no-notices", "-c", f"stage={stage}", "--output", out]
        begun = time.monotonic()
        subprocess.run(
            [str(ROOT / "node_modules/.bin/cdk"), *words, "--app", f"{sys.executable} app.py"],
            cwd=ROOT,
            env=environment,
            check=True,
            capture_output=True,
        )
        return time.monotonic() - begun


def measure(stages: list[str], rounds: int) -> dict[str, Seconds]:
    """Round by round, each stage with one and with the other: who slows one slows all."""
    found: dict[str, Seconds] = {stage: {way: [] for way in WAYS} for stage in stages}
    for number in range(rounds + 1):
        for stage in stages:
            for way, validation in WAYS.items():
                taken = seconds(stage, validation)
                if number > 0:  # the first one fills caches
                    found[stage][way].append(taken)
    return found


def table(found: dict[str, Seconds]) -> Iterator[str]:
    """Markdown: medians, and in brackets the fastest, in seconds."""
    yield f"| stage | {' | '.join(WAYS)} |"
    yield f"|---|{'---|' * len(WAYS)}"
    for stage, ways in found.items():
        cells = [f"{median(taken):.1f} ({min(taken):.1f})" for taken in ways.values()]
        yield f"| {stage} | {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.synthesis")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--stage", action="append", help="one of them only; may be repeated")
    arguments = parser.parse_args()
    for line in table(measure(arguments.stage or stage_names(), arguments.rounds)):
        print(line)
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"seconds, {arguments.rounds} rounds; {os.cpu_count()} processors, load averages {load}")


if __name__ == "__main__":
    main()
