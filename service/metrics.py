"""What Prometheus scrapes. Names and units: https://prometheus.io/docs/practices/naming/"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from service.outcomes import all_outcomes
from service.reservoir import Reservoir

TRANSPORTS: Final = ("rest", "grpc")
# Seconds. From a short answer on an idle task to the longest generation that a stage may allow.
DURATION_BUCKETS: Final = (
    *(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600),
)
# Seconds between two tokens of one stream: from an idle task to a stall that a reader notices.
INTER_TOKEN_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2.5, 5)
# The most values that CloudWatch takes of one metric in one line, MAX_DATAPOINTS_PER_METRIC in
# https://github.com/awslabs/aws-embedded-metrics-python/blob/master/aws_embedded_metrics/constants.py
FIRST_TOKENS_AT_MOST: Final = 100


class Metrics:
    """The process' Prometheus metrics, in a registry of their own.

    `first_tokens` holds a fair sample of the times to first token since it was last taken: a
    histogram no longer knows the values.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "llm_requests",
            "Requests that have ended, by how.",
            ["transport", "outcome"],
            registry=self.registry,
        )
        self._start_at_zero()
        self.prompt_tokens = self._counter(
            "llm_prompt_tokens", "Prompt tokens of requests that ran to their end."
        )
        self.generated_tokens = self._counter(
            "llm_generation_tokens", "Tokens generated in requests that ran to their end."
        )
        self.queue = self._histogram("llm_request_queue_time_seconds", "Time waited for a slot.")
        self.first_token = self._histogram(
            "llm_time_to_first_token_seconds", "From the request's arrival to its first token."
        )
        self.first_tokens = Reservoir(FIRST_TOKENS_AT_MOST)
        self.inter_token = self._histogram(
            "llm_inter_token_latency_seconds",
            "Between two tokens of an answer, as its reader takes them.",
            buckets=INTER_TOKEN_BUCKETS,
        )
        self.duration = self._histogram(
            "llm_e2e_request_latency_seconds", "From the request's arrival to its end."
        )

    def observe_first_token(self, seconds: float) -> None:
        self.first_token.observe(seconds)
        self.first_tokens.add(seconds)

    def gauge(self, name: str, help_text: str, read: Callable[[], float]) -> None:
        """Adds a gauge that is read when it is scraped."""
        Gauge(name, help_text, registry=self.registry).set_function(read)

    def counter(self, name: str, help_text: str, read: Callable[[], float]) -> None:
        """Adds a counter that somebody else keeps, read when it is scraped."""
        self.registry.register(KeptElsewhere(name, help_text, read))

    def _start_at_zero(self) -> None:
        """A series that begins with its first event hides that event from `increase()`."""
        for transport in TRANSPORTS:
            for outcome in all_outcomes():
                self.requests.labels(transport, outcome)

    def _counter(self, name: str, help_text: str) -> Counter:
        return Counter(name, help_text, registry=self.registry)

    def _histogram(
        self, name: str, help_text: str, *, buckets: tuple[float, ...] = DURATION_BUCKETS
    ) -> Histogram:
        return Histogram(name, help_text, buckets=buckets, registry=self.registry)


class KeptElsewhere(Collector):
    """A counter whose value is read from its keeper at each scrape."""

    def __init__(self, name: str, help_text: str, read: Callable[[], float]) -> None:
        self._name = name
        self._help_text = help_text
        self._read = read

    def collect(self) -> Iterator[Metric]:
        yield CounterMetricFamily(self._name, self._help_text, value=self._read())
