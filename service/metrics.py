"""What Prometheus scrapes, and the one metric by which CloudWatch scales the service."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SLOT_UTILIZATION = "SlotUtilization"  # the seam: the scaling policy tracks this name
STAGE_DIMENSION = "Stage"

# Seconds. From a short answer on an idle task to the longest generation.
DURATION_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600)


class Metrics:
    """The process' Prometheus metrics, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "llm_requests",
            "Requests that have ended, by how.",
            ["transport", "outcome"],
            registry=self.registry,
        )
        self.prompt_tokens = self._counter("llm_prompt_tokens", "Prompt tokens processed.")
        self.generated_tokens = self._counter("llm_generation_tokens", "Tokens generated.")
        self.queue = self._histogram("llm_request_queue_time_seconds", "Time waited for a slot.")
        self.first_token = self._histogram(
            "llm_time_to_first_token_seconds", "From the request's arrival to its first token."
        )
        self.duration = self._histogram(
            "llm_e2e_request_latency_seconds", "From the request's arrival to its end."
        )

    def gauge(self, name: str, help_text: str, read: Callable[[], float]) -> None:
        """Adds a gauge that is read when it is scraped."""
        Gauge(name, help_text, registry=self.registry).set_function(read)

    def _counter(self, name: str, help_text: str) -> Counter:
        return Counter(name, help_text, registry=self.registry)

    def _histogram(self, name: str, help_text: str) -> Histogram:
        return Histogram(name, help_text, buckets=DURATION_BUCKETS, registry=self.registry)


def slot_utilization_line(percent: float, *, namespace: str, stage: str) -> str:
    """A line in CloudWatch's embedded metric format, which CloudWatch Logs turns into a metric.

    Source: "Specification: Embedded metric format", Amazon CloudWatch User Guide.
    """
    directive = {
        "Namespace": namespace,
        "Dimensions": [[STAGE_DIMENSION]],
        "Metrics": [{"Name": SLOT_UTILIZATION, "Unit": "Percent"}],
    }
    return json.dumps(
        {
            "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]},
            STAGE_DIMENSION: stage,
            SLOT_UTILIZATION: percent,
        }
    )


async def publish_slot_utilization(
    read_percent: Callable[[], float], *, namespace: str, stage: str, every_seconds: float
) -> None:
    """Writes the metric to standard output for ever. Zeros too: no data blocks scale-in."""
    while True:
        print(slot_utilization_line(read_percent(), namespace=namespace, stage=stage), flush=True)
        await asyncio.sleep(every_seconds)
