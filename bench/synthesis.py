"""How long the CDK's command line synthesises each stage, and an app with one bucket beside them.

python -m bench.synthesis
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.bars import SYNTH, Reached
from bench.machine import how_busy, shell_environment
from infra.stage_files import stage_names
from sandbox.deploy import toolchain

ROOT = Path(__file__).parents[1]
WAYS = {"with validation": "true", "without": "false"}
"""What `CDK_VALIDATION` is, by the column of the table."""
ONE_BUCKET = "one bucket"
APP = """from aws_cdk import App, Stack
from aws_cdk.aws_s3 import Bucket

app = App()
Bucket(Stack(app, "One"), "Bucket")
app.synth()
"""

Seconds = dict[str, dict[str, list[float]]]
"""By name of the app (a stage, or `ONE_BUCKET`) and by way."""


@dataclass(frozen=True)
class Cdk:
    """An app as `cdk synth` finds it: in its folder, with a cdk.json that says how it runs."""

    name: str
    folder: Path
    words: tuple[str, ...] = ()


def one_bucket(folder: Path) -> Cdk:
    """As `cdk init` would make it, on this Python."""
    (folder / "app.py").write_text(APP, encoding="utf-8")
    (folder / "cdk.json").write_text(json.dumps({"app": f"{sys.executable} app.py"}))
    return Cdk(ONE_BUCKET, folder)


def seconds(app: Cdk, validation: str) -> float:
    """Of one `cdk synth`, as a person waits for it; Python and Node start anew."""
    environment = shell_environment() | toolchain(ROOT) | {"CDK_VALIDATION": validation}
    with tempfile.TemporaryDirectory() as out:
        begun = time.monotonic()
        subprocess.run(
            [
                *(str(ROOT / "node_modules/.bin/cdk"), "synth", "--quiet", "--no-notices"),
                *(*app.words, "--output", out),
            ],
            cwd=app.folder,
            env=environment,
            check=True,
            capture_output=True,
        )
        return time.monotonic() - begun


def measure(stages: Sequence[str], rounds: int, ways: Sequence[str] = tuple(WAYS)) -> Seconds:
    """Round by round, each app with one and with the other: who slows one slows all."""
    with tempfile.TemporaryDirectory() as folder:
        apps = [one_bucket(Path(folder))]
        apps += [Cdk(stage, ROOT, ("-c", f"stage={stage}")) for stage in stages]
        found: Seconds = {app.name: {way: [] for way in ways} for app in apps}
        for number in range(rounds + 1):
            for app in apps:
                for way in ways:
                    taken = seconds(app, WAYS[way])
                    if number > 0:  # the first one fills caches
                        found[app.name][way].append(taken)
    return found


def ratios(found: Seconds, way: str = "without") -> dict[str, float]:
    """Each stage's median over that of the app with one bucket."""
    base = median(found[ONE_BUCKET][way])
    return {name: median(taken[way]) / base for name, taken in found.items() if name != ONE_BUCKET}


def reached(rounds: int = 5) -> list[Reached]:
    """The slowest stage's ratio; all of them stand beside it."""
    found = measure(stage_names(), rounds, ["without"])
    times = ratios(found)
    told = [f"{name} {times[name]:.2f}" for name in times]
    bucket = median(found[ONE_BUCKET]["without"])
    return [
        Reached(SYNTH, max(times.values()), f"{', '.join(told)}; {bucket:.1f} s with one bucket")
    ]


def table(found: Seconds) -> Iterator[str]:
    """Markdown: medians, and in brackets the fastest, in seconds; ratios to the one bucket."""
    ways = list(found[ONE_BUCKET])
    yield f"| stage | {' | '.join(ways)} | times one bucket |"
    yield f"|---|{'---|' * len(ways)}---|"
    times = {way: ratios(found, way) | {ONE_BUCKET: 1.0} for way in ways}
    for name, taken in found.items():
        cells = [f"{median(taken[way]):.1f} ({min(taken[way]):.1f})" for way in ways]
        compared = ", ".join(f"{times[way][name]:.2f}" for way in ways)
        yield f"| {name} | {' | '.join(cells)} | {compared} |"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.synthesis")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--stage", action="append", help="one of them only; may be repeated")
    parser.add_argument("--way", action="append", choices=WAYS, help="one of them only")
    arguments = parser.parse_args()
    stages, ways = arguments.stage or stage_names(), arguments.way or list(WAYS)
    for line in table(measure(stages, arguments.rounds, ways)):
        print(line)
    print(f"seconds, {arguments.rounds} rounds; {how_busy()}")


if __name__ == "__main__":
    main()
