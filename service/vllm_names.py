"""Our metrics under vLLM's names as well, for the dashboards that people have already.

Names, types and labels are those of vllm/v1/metrics/loggers.py in github.com/vllm-project/vllm
(read at 005a810; `vllm:inter_token_latency_seconds` is its later name of
`vllm:time_per_output_token_seconds`). Buckets are ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from prometheus_client import Counter, Histogram, Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from service.admission import AdmissionGate
from service.metrics import Metrics
from service.outcomes import OK

LABELS: Final = ("model_name", "engine")
ENGINE: Final = "0"  # vLLM counts its engines; there is one in a task


class VllmNames(Collector):
    """Reads what is counted anyway, summed over our routes, when it is scraped.

    vLLM knows nothing of requests that it never ran: of `e2e_request_latency_seconds` there are
    those that ran to their end.
    """

    def __init__(self, metrics: Metrics, gate: AdmissionGate) -> None:
        self._metrics = metrics
        self._gate = gate
        self._labels = (metrics.model, ENGINE)

    def collect(self) -> Iterator[Metric]:
        ours = self._metrics
        yield self._gauge("num_requests_running", "Requests that hold a slot.", self._gate.running)
        yield self._gauge(
            "num_requests_waiting", "Requests that wait for a slot.", self._gate.waiting
        )
        yield self._counter("prompt_tokens", "Prompt tokens.", ours.prompt_tokens)
        yield self._counter("generation_tokens", "Tokens generated.", ours.generated_tokens)
        yield self._histogram("time_to_first_token_seconds", ours.first_token)
        yield self._histogram("inter_token_latency_seconds", ours.inter_token)
        yield self._histogram("e2e_request_latency_seconds", ours.duration)
        yield self._histogram("request_queue_time_seconds", ours.queue)

    def _gauge(self, name: str, help_text: str, value: float) -> Metric:
        family = GaugeMetricFamily(f"vllm:{name}", help_text, labels=LABELS)
        family.add_metric(self._labels, value)
        return family

    def _counter(self, name: str, help_text: str, counter: Counter) -> Metric:
        family = CounterMetricFamily(f"vllm:{name}", help_text, labels=LABELS)
        family.add_metric(self._labels, sum(sample.value for sample in samples(counter)))
        return family

    def _histogram(self, name: str, histogram: Histogram) -> Metric:
        """Without a series until there is a first value, as its buckets are known by then."""
        family = HistogramMetricFamily(f"vllm:{name}", "As in vLLM.", labels=LABELS)
        buckets: dict[str, float] = {}
        total = 0.0
        for sample in samples(histogram):
            if sample.name.endswith("_bucket"):
                bound = sample.labels["le"]
                buckets[bound] = buckets.get(bound, 0) + sample.value
            elif sample.name.endswith("_sum"):
                total += sample.value
        if buckets:
            family.add_metric(self._labels, buckets=list(buckets.items()), sum_value=total)
        return family


def samples(metric: Counter | Histogram) -> Iterator[Sample]:
    """Of requests that ran to their end, where it is counted by how they ended."""
    for family in metric.collect():
        for sample in family.samples:
            if sample.labels.get("outcome", OK) == OK:
                yield sample
