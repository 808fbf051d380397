"""When requests of an open loop come: at random, or as a trace says.

A trace is CSV with the header `seconds,prompt_tokens,output_tokens`: a request a line, the first
column from the trace's start on and never less than in the line before. `bursts.csv` is one.
"""

from __future__ import annotations

import csv
import math
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bench.prompts import Lengths, question
from bench.streams import Question

COLUMNS = ["seconds", "prompt_tokens", "output_tokens"]


class TraceError(Exception):
    """A line of a trace that is none: its number, what it has and what it should have."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request, so many seconds after the first moment."""

    seconds: float
    question: Question


def poisson(rate: float, asked: Iterable[Question], *, seed: str) -> Iterator[Arrival]:
    """Independent of each other, `rate` a second on average: exponential pauses between them."""
    choice = random.Random(seed)  # noqa: S311 - no secret
    seconds = 0.0
    for each in asked:
        seconds += choice.expovariate(rate)
        yield Arrival(seconds, each)


def replay(lines: Iterable[str], *, shared_tokens: int = 0, seed: str) -> list[Arrival]:
    """As the trace says, with prompts of our own of those lengths. Raises TraceError."""
    choice = random.Random(seed)  # noqa: S311 - no secret
    rows = csv.reader(lines)
    if (header := next(rows, [])) != COLUMNS:
        raise TraceError(f"line 1: got {','.join(header)}; write {','.join(COLUMNS)}")
    found: list[Arrival] = []
    for number, row in enumerate(rows, start=2):
        seconds, prompt_tokens, output_tokens = numbers(row, number)
        if found and seconds < found[-1].seconds:
            raise TraceError(
                f"line {number}: got {seconds:g} s after {found[-1].seconds:g} s; sort"
            )
        lengths = Lengths(prompt_tokens, output_tokens, shared_tokens)
        found.append(Arrival(seconds, question(choice, lengths)))
    if not found:
        raise TraceError("got nothing but the header; write a line for each request")
    return found


def numbers(row: list[str], number: int) -> tuple[float, int, int]:
    try:
        seconds, prompt_tokens, output_tokens = float(row[0]), int(row[1]), int(row[2])
    except (ValueError, IndexError):
        seconds = prompt_tokens = output_tokens = -1
    whole = len(row) == len(COLUMNS) and 0 <= seconds < math.inf
    if not whole or prompt_tokens < 1 or output_tokens < 1:
        raise TraceError(
            f"line {number}: got {','.join(row)}; write the seconds, 0 or more, and the tokens of "
            "the prompt and of the answer, 1 or more"
        )
    return seconds, prompt_tokens, output_tokens
