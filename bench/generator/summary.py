"""What a turn comes to, by the definitions of vLLM's benchmark.

They are `calculate_metrics` of its vllm/benchmarks/serve.py and the moments that its
vllm/benchmarks/lib/endpoint_request_func.py notes, https://github.com/vllm-project/vllm:

- time to first token (TTFT): from the request to the first piece of text;
- end-to-end latency (E2EL): from the request to the last piece of text;
- time per output token (TPOT): (E2EL - TTFT) / (output tokens - 1), of answers with at least two;
- inter-token latency (ITL): between two pieces of text, which are a token each or more;
- throughput: requests and tokens of whole answers, by the seconds from the first request to the
  last answer; goodput: the requests among them that keep every limit.

Tokens are as `usage` has them. A failed request counts in no figure but the failures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean

from bench.figures import percentile
from bench.generator.turns import Turn
from bench.streams import Answer

NANOSECONDS = 1e6  # in a millisecond


def ttft(answer: Answer) -> float:
    """Milliseconds, as all of these."""
    return (answer.received[0] - answer.sent) / NANOSECONDS


def e2el(answer: Answer) -> float:
    return (answer.received[-1] - answer.sent) / NANOSECONDS


def tpot(answer: Answer) -> float:
    """0 of a single token, which keeps every limit, as with vLLM."""
    tokens = answer.output_tokens or 0
    return (e2el(answer) - ttft(answer)) / (tokens - 1) if tokens > 1 else 0.0


def itl(answer: Answer) -> list[float]:
    return [(late - soon) / NANOSECONDS for soon, late in pairwise(answer.received)]


LIMITED: Mapping[str, Callable[[Answer], float]] = {"ttft": ttft, "tpot": tpot, "e2el": e2el}
"""What a goodput may have limits on, by vLLM's names."""

Limits = Mapping[str, float]
"""The most milliseconds of some of those."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Over the requests of a turn, or over all their pauses; milliseconds."""

    mean: float
    median: float
    p99: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread | None:
        if not values:
            return None
        return cls(mean(values), percentile(values, 50), percentile(values, 99))


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one turn. `processors` is how many the target kept busy; None where nobody can tell."""

    answers: int
    failures: dict[str, int]
    prompt_tokens: int
    output_tokens: int
    requests_per_second: float
    output_tokens_per_second: float
    total_tokens_per_second: float
    goodput_per_second: float
    ttft: Spread | None
    tpot: Spread | None
    itl: Spread | None
    e2el: Spread | None
    processors: float | None = None


def figures(turn: Turn, limits: Limits, *, cpu_seconds: float | None = None) -> Figures:
    answers = turn.answers
    prompt_tokens = sum(answer.prompt_tokens or 0 for answer in answers)
    output_tokens = sum(answer.output_tokens or 0 for answer in answers)
    good = sum(keeps(limits, answer) for answer in answers)
    return Figures(
        answers=len(answers),
        failures=dict(Counter(failure.kind for failure in turn.failures)),
        prompt_tokens=prompt_tokens,
        output_tokens=output_tokens,
        requests_per_second=len(answers) / turn.seconds,
        output_tokens_per_second=output_tokens / turn.seconds,
        total_tokens_per_second=(prompt_tokens + output_tokens) / turn.seconds,
        goodput_per_second=good / turn.seconds,
        ttft=Spread.of([ttft(answer) for answer in answers]),
        tpot=Spread.of([tpot(answer) for answer in answers if (answer.output_tokens or 0) > 1]),
        itl=Spread.of([pause for answer in answers for pause in itl(answer)]),
        e2el=Spread.of([e2el(answer) for answer in answers]),
        processors=None if cpu_seconds is None else cpu_seconds / turn.seconds,
    )


def keeps(limits: Limits, answer: Answer) -> bool:
    return all(LIMITED[name](answer) <= most for name, most in limits.items())
