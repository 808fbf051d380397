"""What the project is to reach, and what of it a measurement reached."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    """`limit` in `unit`: to be reached at least, or, with `at_most`, not to be passed."""

    what: str
    limit: float
    unit: str
    at_most: bool = False

    def is_met(self, value: float) -> bool:
        return value <= self.limit if self.at_most else value >= self.limit

    def __str__(self) -> str:
        return f"{'at most' if self.at_most else 'at least'} {self.limit:g} {self.unit}"


@dataclass(frozen=True, slots=True)
class Reached:
    """`beside` is what the figure is to be read with: absolute values, their range, the loss."""

    bar: Bar
    value: float
    beside: str = ""

    def row(self) -> str:
        verdict = "yes" if self.bar.is_met(self.value) else "no"
        cells = [self.bar.what, str(self.bar), f"{self.value:.3g} {self.bar.unit}", verdict]
        return f"| {' | '.join([*cells, self.beside])} |"


SAME_WEIGHTS = Bar("same weights, 8 streams, tokens a second against llama-server", 0.97, "times")
LOSSLESS = Bar(
    "prepared without further loss, 8 streams, against llama-server on the shipped file",
    1.35,
    "times",
)
PREPARED = Bar("prepared with a loss, 8 streams, against the same", 1.5, "times")
PREPARED_SINGLE = Bar("prepared with a loss, 1 stream, against the same", 1.0, "times")
PREPARED_PROMPT = Bar("prepared with a loss, prompts of 512 tokens, against the same", 1.9, "times")
LLAMA_CPP_PYTHON = Bar("same weights, 8 streams, against llama-cpp-python's server", 3, "times")
ADDED_MEDIAN = Bar("first token, added by the gateway, median", 3, "ms", at_most=True)
ADDED_P99 = Bar("first token, added by the gateway, 99th percentile", 10, "ms", at_most=True)
START = Bar("process start to ready, bundled model", 2.0, "s", at_most=True)
MEMORY = Bar("memory above weights and KV cache, both processes", 200, "MB", at_most=True)
IMAGE = Bar("image above its base, without the model", 250, "MB", at_most=True)
SYNTH = Bar("cdk synth of every stage, against an app with one bucket", 2, "times", at_most=True)
TEMPLATE_TESTS = Bar("template tests", 60, "s", at_most=True)

BARS = (
    *(SAME_WEIGHTS, LOSSLESS, PREPARED, PREPARED_SINGLE, PREPARED_PROMPT, LLAMA_CPP_PYTHON),
    *(ADDED_MEDIAN, ADDED_P99, START, MEMORY, IMAGE, SYNTH, TEMPLATE_TESTS),
)
"""In the order of the table."""
