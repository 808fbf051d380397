"""Measures all that the project is to reach, in one run, and writes it into bench/README.md.

    python -m bench.results --lossless Q8_0 --prepared Q4_0
    python -m bench.results --only latency

`SOURCES` are what measures; each is a function of a module of the bench and gives what it could
reach. What none gives is in the table as not measured. A run of some only prints its table.
"""

from __future__ import annotations

import argparse
import os
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from bench import comparison, image, latency, memory, start, synthesis, template_tests
from bench.bars import BARS, Reached
from bench.machine import Machine
from bench.progress import say
from infra.marks import with_part
from service.model.recipes import RECIPES

README = Path(__file__).with_name("README.md")

Source = Callable[[argparse.Namespace], Iterable[Reached]]


def compared(arguments: argparse.Namespace) -> list[Reached]:
    return comparison.compared(
        lossless=arguments.lossless,
        prepared=arguments.prepared,
        threads=arguments.threads,
        say=say,
    )


def built(arguments: argparse.Namespace) -> list[Reached]:
    """Nothing where no image is named."""
    if not arguments.image:
        return []
    name, base = arguments.image
    return image.reached(name, base=base)


SOURCES: Mapping[str, Source] = {
    "comparison": compared,
    "latency": lambda _: latency.reached(),
    "start": lambda arguments: start.reached(threads=arguments.threads),
    "memory": lambda arguments: memory.reached(threads=arguments.threads),
    "image": built,
    "synthesis": lambda _: synthesis.reached(),
    "template tests": lambda _: template_tests.reached(),
}


def table(reached: Iterable[Reached], machine: Machine) -> Iterator[str]:
    """All bars in their order."""
    rows = {each.bar: each.row() for each in reached}
    yield "| what | bar | reached | met | beside |"
    yield "|---|---|---|---|---|"
    for bar in BARS:
        yield rows.get(bar, f"| {bar.what} | {bar} | not measured | | |")
    yield ""
    yield f"Medians of rounds, least to most in brackets. {machine}."


def of_source(source: Source, arguments: argparse.Namespace) -> list[Reached]:
    """Nothing of one that fails: the others took minutes, and their rows are not lost with it."""
    try:
        return list(source(arguments))
    except Exception:
        traceback.print_exc()
        return []


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.results")
    parser.add_argument("--only", choices=list(SOURCES), action="append")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--lossless", choices=RECIPES, default="Q8_0", help="a type of weights")
    parser.add_argument("--prepared", choices=RECIPES, default="Q4_0", help="one that may lose")
    parser.add_argument("--image", nargs=2, metavar=("NAME", "BASE"), help="that Docker has here")
    arguments = parser.parse_args()
    machine, found = Machine(), list[Reached]()
    for name in arguments.only or SOURCES:
        say(f"measuring: {name}")
        found += of_source(SOURCES[name], arguments)
    made = "\n".join(table(found, machine))
    print(made)
    if not arguments.only:
        README.write_text(with_part(README.read_text(), "results", made, verb="bench-results"))


if __name__ == "__main__":
    main()
