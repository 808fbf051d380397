"""Draws stages from the whole space of settings and holds what becomes of them to what we promise.

python -m tests.properties --examples 400
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from typing import Final

# How the CDK runs in tests: read before the CDK is imported.
import tests.conftest  # noqa: F401
from tests.properties.mutations import KINDS
from tests.properties.shares import Outcome, Share, run_share
from tests.properties.summary import Summary

# A process is given up after so many: the CDK's Node keeps what it has built.
VALID_AT_ONCE: Final = 25
BROKEN_AT_ONCE: Final = 250
BROKEN_FOR_EACH: Final = 10


def main() -> None:
    """Run the shares, tell how it goes, and exit with 1 where something is wrong."""
    arguments = _arguments()
    shares = list(_shares(arguments.examples, arguments.seed))
    print(
        f"{len(shares)} shares, {arguments.processes} processes, seed {arguments.seed}", flush=True
    )
    begun = time.monotonic()
    summary = Summary(arguments.examples)
    with ProcessPoolExecutor(
        arguments.processes,
        mp_context=multiprocessing.get_context("spawn"),
        max_tasks_per_child=1,
    ) as pool:
        running = {pool.submit(run_share, share): share for share in shares}
        for done in as_completed(running):
            summary.add(_outcome(done, running[done]))
            print(f"{time.monotonic() - begun:5.0f} s  {summary.progress(len(shares))}", flush=True)
    print(summary.told())
    sys.exit(summary.is_wrong)


def _outcome(done: Future[Outcome], share: Share) -> Outcome:
    try:
        return done.result()
    except Exception as error:  # a process that died is an outcome too
        return Outcome(share, found=f"{type(error).__name__}: {error}")


def _shares(examples: int, first: int) -> Iterator[Share]:
    seeds = iter(range(first, first + 10**6))
    for size in _sizes(examples, VALID_AT_ONCE):
        yield Share("valid", size, next(seeds))
    for kind in KINDS:
        for size in _sizes(examples * BROKEN_FOR_EACH // len(KINDS), BROKEN_AT_ONCE):
            yield Share(kind, size, next(seeds))


def _sizes(total: int, most: int) -> Iterator[int]:
    while total > 0:
        yield min(total, most)
        total -= most


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.properties")
    parser.add_argument("--examples", type=int, default=300, help="valid stages; ten times broken")
    parser.add_argument("--seed", type=int, default=random.randrange(2**31))
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    return parser.parse_args()


if __name__ == "__main__":
    main()
