"""Draws latency against throughput as load grows, from a run's JSON: one PNG and one SVG.

    python -m bench.generator.plot FOLDER/run.json

Its Matplotlib is in bench/requirements.txt, apart from what all else needs.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Any

PANELS = {"ttft": "median time to first token, ms", "tpot": "median time per output token, ms"}
COLOURS = ("#0b6e99", "#c4500a", "#5b8c2a", "#7a4fa3", "#8a6d3b", "#444444")
GRPC = ", gRPC"
MARKS = ("o", "s", "^", "D", "v", "P")


@dataclass(frozen=True, slots=True)
class Point:
    """Of one load: medians over the rounds."""

    load: str
    tokens_per_second: float
    milliseconds: float


def curves(turns: Sequence[Mapping[str, Any]], latency: str) -> dict[str, list[Point]]:
    """By target, in the order of the run; without the turns in which nothing was answered."""
    found: dict[str, dict[str, list[Mapping[str, Any]]]] = {}
    for turn in turns:
        if turn["figures"][latency]:
            loads = found.setdefault(turn["target"], {})
            loads.setdefault(turn["load"], []).append(turn["figures"])
    return {
        target: [point(load, rounds, latency) for load, rounds in loads.items()]
        for target, loads in found.items()
    }


def point(load: str, rounds: Sequence[Mapping[str, Any]], latency: str) -> Point:
    return Point(
        load,
        median(figures["output_tokens_per_second"] for figures in rounds),
        median(figures[latency]["median"] for figures in rounds),
    )


def draw(run: Mapping[str, Any], folder: Path) -> None:
    """Writes run.png and run.svg."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, len(PANELS), figsize=(11, 5), layout="constrained")
    for axes, (latency, name) in zip(panels, PANELS.items(), strict=True):
        draw_panel(axes, curves(run["turns"], latency), name)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    figure.suptitle(title(run), fontsize=10)
    for suffix in ("png", "svg"):
        figure.savefig(folder / f"run.{suffix}", dpi=150)


def draw_panel(axes: Any, drawn: Mapping[str, Sequence[Point]], name: str) -> None:
    """Dashes are gRPC. The scale of times is logarithmic: peers that queue differ a hundredfold."""
    for (target, points), colour, mark in zip(
        drawn.items(), cycle(COLOURS), cycle(MARKS), strict=False
    ):
        axes.plot(
            [each.tokens_per_second for each in points],
            [each.milliseconds for each in points],
            label=target,
            color=colour,
            marker=mark,
            markersize=5,
            linestyle="--" if target.endswith(GRPC) else "-",
            alpha=0.85,
        )
    every = [each for points in drawn.values() for each in points]
    axes.set_xlim(0, 1.08 * max(each.tokens_per_second for each in every))
    axes.set_yscale("log")
    marks = ticks([each.milliseconds for each in every])
    axes.set_ylim(marks[0], marks[-1])
    axes.set_yticks(marks, [f"{mark:g}" for mark in marks])
    axes.minorticks_off()
    axes.tick_params(labelsize=8)
    axes.set_xlabel("output tokens per second")
    axes.set_ylabel(name)
    axes.grid(alpha=0.25)


def ticks(values: Sequence[float]) -> list[float]:
    """10, 20, 50, 100 and so on: from below the least of these to above the greatest."""
    least, most = 0.95 * min(values), 1.05 * max(values)
    powers = range(math.floor(math.log10(least)) - 1, math.ceil(math.log10(most)) + 1)
    every = [digit * 10.0**power for power in powers for digit in (1, 2, 5)]
    below = [tick for tick in every if tick <= least]
    above = [tick for tick in every if tick >= most]
    return [tick for tick in every if below[-1] <= tick <= above[0]]


def title(run: Mapping[str, Any]) -> str:
    machine, loads = run["machine"], [load["label"].split()[0] for load in run["loads"]]
    kind = "streams" if "streams" in run["loads"][0] else "requests a second"
    what = "{file} on {threads} threads, ".format(**run["setup"]) if run["setup"] else ""
    return (
        f"{what}{machine['cores']} cores of {machine['processor']}, {machine['date'][:10]}\n"
        f"points along a line: {', '.join(loads)} {kind}; medians of {run['rounds']} rounds"
    )


def main() -> None:
    file = Path(sys.argv[1])
    run = json.loads(file.read_text())
    if len(run["loads"]) < 2:
        print("No picture: there is one load only, and nothing grows.")
        return
    draw(run, file.parent)
    print(f"{file.parent}/run.png and {file.parent}/run.svg are drawn.")


if __name__ == "__main__":
    main()
