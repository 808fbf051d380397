"""What Prometheus scrapes. Names and units: https://prometheus.io/docs/practices/naming/"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Metric,
    disable_created_metrics,
)
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from service.observation import Observation, TokenMeter
from service.outcomes import ERRORS, OK, REFUSALS, TURNED_AWAY
from service.reservoir import Reservoir

# Seconds. From a short answer on an idle task to the longest generation that a stage may allow.
DURATION_BUCKETS: Final = (
    *(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600),
)
# Seconds between two tokens of one stream: from an idle task to a stall that a reader notices.
INTER_TOKEN_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2.5, 5)
# Of one request: from a word to the largest context that a stage may have.
TOKEN_BUCKETS: Final = (
    *(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000),
    200_000,
)
# The most values that CloudWatch takes of one metric in one line, MAX_DATAPOINTS_PER_METRIC in
# https://github.com/awslabs/aws-embedded-metrics-python/blob/master/aws_embedded_metrics/constants.py
FIRST_TOKENS_AT_MOST: Final = 100


class Metrics:
    """The process' Prometheus metrics of requests, in a registry of their own.

    Labels have few values: the routes that are declared, the one model that is served whatever a
    request names, the outcomes. `first_tokens` holds a fair sample of the times to first token
    since it was last taken: a histogram no longer knows the values.
    """

    def __init__(self, *, model: str) -> None:
        # Else the library writes a second series beside each, with the time of its creation.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.model = model
        self.registry = CollectorRegistry()
        self.first_tokens = Reservoir(FIRST_TOKENS_AT_MOST)
        self._add_counters()
        self._add_times()
        self._add_sizes()

    def expect(self, route: str, *, generates: bool = True) -> None:
        """Starts at zero what alerts read of the route: a series that begins with its first event
        hides that event from `increase()`."""
        for outcome in (OK, *ERRORS, *REFUSALS):
            self.requests.labels(route, self.model, outcome)
        if generates:
            self.first_token.labels(route, self.model)

    def token_meter(self, route: str) -> TokenMeter:
        """For the tokens of one request, which count when they come and not when it ends."""
        return RouteTokens(self, route)

    def record(self, observation: Observation) -> None:
        """A request has ended."""
        route, times = observation.route, observation.times
        self.requests.labels(route, self.model, observation.outcome).inc()
        self._count_tokens(observation)
        if observation.operation is None or times.queued is None or times.ended is None:
            return  # it asked for nothing that the model writes, or not rightly
        self.duration.labels(route, self.model, observation.outcome).observe(times.ended)
        if observation.outcome not in TURNED_AWAY and (waited := times.queue_seconds) is not None:
            self.queue.labels(route, self.model).observe(waited)
        if (pace := observation.seconds_per_token) is not None:
            self.per_token.labels(route, self.model).observe(pace)

    def gauge(self, name: str, help_text: str, read: Callable[[], float]) -> None:
        """Adds a gauge that is read when it is scraped."""
        Gauge(name, help_text, registry=self.registry).set_function(read)

    def counter(self, name: str, help_text: str, read: Callable[[], float]) -> None:
        """Adds a counter that somebody else keeps, read when it is scraped."""
        self.registry.register(KeptElsewhere(name, help_text, read))

    def _count_tokens(self, observation: Observation) -> None:
        if (taken := observation.taken) is None:
            return
        labels = (observation.route, self.model)
        self.prompt_tokens.labels(*labels).inc(taken.prompt_tokens)
        self.cached_tokens.labels(*labels).inc(taken.cached_tokens)
        self.generated_tokens.labels(*labels).inc(taken.completion_tokens)
        if (usage := observation.usage) is None:
            return
        self.prompt_size.labels(*labels).observe(usage.prompt_tokens)
        if usage.completion_tokens:
            self.answer_size.labels(*labels).observe(usage.completion_tokens)

    def _add_counters(self) -> None:
        self.requests = self._counter(
            "llm_requests", "Requests that have ended, by how.", "outcome"
        )
        self.prompt_tokens = self._counter(
            "llm_prompt_tokens",
            "Prompt tokens; by estimate, of requests that did not run to their end.",
        )
        self.cached_tokens = self._counter(
            "llm_cached_prompt_tokens", "Of these, found in the prompt cache and not computed."
        )
        self.generated_tokens = self._counter(
            "llm_generation_tokens",
            "Tokens generated; pieces, of requests that did not run to their end.",
        )

    def _add_times(self) -> None:
        self.queue = self._histogram(
            "llm_request_queue_time_seconds", "Time waited for a slot, in vain too."
        )
        self.first_token = self._histogram(
            "llm_time_to_first_token_seconds", "From the request's arrival to its first token."
        )
        self.inter_token = self._histogram(
            "llm_inter_token_latency_seconds",
            "Between two tokens of an answer, as its reader takes them.",
            buckets=INTER_TOKEN_BUCKETS,
        )
        self.per_token = self._histogram(
            "llm_request_time_per_output_token_seconds",
            "Between the tokens of an answer, on average over the answer.",
            buckets=INTER_TOKEN_BUCKETS,
        )
        self.duration = self._histogram(
            "llm_e2e_request_latency_seconds", "From the request's arrival to its end.", "outcome"
        )

    def _add_sizes(self) -> None:
        self.prompt_size = self._histogram(
            "llm_request_prompt_tokens",
            "Prompt tokens of one request that ran to its end.",
            buckets=TOKEN_BUCKETS,
        )
        self.answer_size = self._histogram(
            "llm_request_generation_tokens",
            "Tokens generated in one request that ran to its end, all its choices together.",
            buckets=TOKEN_BUCKETS,
        )

    def _counter(self, name: str, help_text: str, *labels: str) -> Counter:
        return Counter(name, help_text, ["route", "model", *labels], registry=self.registry)

    def _histogram(
        self,
        name: str,
        help_text: str,
        *labels: str,
        buckets: tuple[float, ...] = DURATION_BUCKETS,
    ) -> Histogram:
        names = ["route", "model", *labels]
        return Histogram(name, help_text, names, buckets=buckets, registry=self.registry)


class RouteTokens:
    """The tokens of a request on one route; the labels are looked up once, and not per token."""

    def __init__(self, metrics: Metrics, route: str) -> None:
        self._first = metrics.first_token.labels(route, metrics.model)
        self._sample = metrics.first_tokens
        self.next = metrics.inter_token.labels(route, metrics.model).observe

    def first(self, seconds: float) -> None:
        self._first.observe(seconds)
        self._sample.add(seconds)


class KeptElsewhere(Collector):
    """A counter whose value is read from its keeper at each scrape."""

    def __init__(self, name: str, help_text: str, read: Callable[[], float]) -> None:
        self._name = name
        self._help_text = help_text
        self._read = read

    def collect(self) -> Iterator[Metric]:
        yield CounterMetricFamily(self._name, self._help_text, value=self._read())
