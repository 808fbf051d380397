"""What CloudWatch scales and alarms by: one line a period in its embedded metric format.

"Specification: Embedded metric format",
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import astuple, dataclass
from enum import Enum
from typing import Final

from prometheus_client import Counter
from prometheus_client.samples import Sample

from service.line_writer import LineWriter
from service.metrics import Metrics
from service.outcomes import ERRORS, REFUSALS, UNKNOWN_URL

STAGE_DIMENSION: Final = "Stage"
LAST_LINE_SECONDS: Final = 1.0  # at the process' end, for who still reads

log = logging.getLogger("service.metrics")

Value = float | list[float]


class EmbeddedMetric(Enum):
    """The seam: each metric's name and unit, by which scaling and alarms find it."""

    SLOT_UTILIZATION = "SlotUtilization", "Percent"
    REQUESTS = "Requests", "Count"
    ERRORS = "Errors", "Count"
    REFUSALS = "Refusals", "Count"
    TIME_TO_FIRST_TOKEN = "TimeToFirstToken", "Seconds"
    PROMPT_TOKENS = "PromptTokens", "Count"
    GENERATED_TOKENS = "GeneratedTokens", "Count"
    ENGINE_RESTARTS = "EngineRestarts", "Count"

    def __init__(self, metric_name: str, unit: str) -> None:
        self.metric_name = metric_name
        self.unit = unit


@dataclass(frozen=True, slots=True)
class Totals:
    """What was counted since the process started."""

    requests: float = 0
    errors: float = 0
    refusals: float = 0
    prompt_tokens: float = 0
    generated_tokens: float = 0
    engine_restarts: float = 0

    def since(self, before: Totals) -> Totals:
        pairs = zip(astuple(self), astuple(before), strict=True)
        return Totals(*(now - then for now, then in pairs))


class EmbeddedMetrics:
    """Has `lines` write what happened in each period. An event is in exactly one period's line.

    `utilization` and `restarts` read the load in percent, and the engine's restarts so far.
    """

    def __init__(
        self,
        metrics: Metrics,
        *,
        namespace: str,
        stage: str,
        utilization: Callable[[], float],
        restarts: Callable[[], float],
        lines: LineWriter,
    ) -> None:
        self._metrics = metrics
        self._namespace = namespace
        self._stage = stage
        self._utilization = utilization
        self._restarts = restarts
        self._lines = lines
        self._lost = 0
        self._written = Totals()

    async def publish(self, *, every_seconds: float) -> None:
        """Writes for ever. Zeros too: no data blocks scale-in."""
        while True:
            self.write()
            await asyncio.sleep(every_seconds)

    def write(self) -> None:
        """Ends the period and has its line written.

        The period ends first: a line that may have been written in part is never written again.
        """
        self._lines.write(embedded_line(self.take(), namespace=self._namespace, stage=self._stage))
        if lost := self._lines.lost - self._lost:
            self._lost += lost
            log.error("metrics were lost", extra={"periods": lost})

    def close(self) -> None:
        """Ends the last period, and waits a moment for its line to be written."""
        self.write()
        self._lines.flush(seconds=LAST_LINE_SECONDS)

    def take(self) -> dict[EmbeddedMetric, Value]:
        """The period's values. There is no TimeToFirstToken where there was no first token."""
        totals = self._totals()
        period, self._written = totals.since(self._written), totals
        values: dict[EmbeddedMetric, Value] = {
            EmbeddedMetric.SLOT_UTILIZATION: self._utilization(),
            EmbeddedMetric.REQUESTS: period.requests,
            EmbeddedMetric.ERRORS: period.errors,
            EmbeddedMetric.REFUSALS: period.refusals,
            EmbeddedMetric.PROMPT_TOKENS: period.prompt_tokens,
            EmbeddedMetric.GENERATED_TOKENS: period.generated_tokens,
            EmbeddedMetric.ENGINE_RESTARTS: period.engine_restarts,
        }
        if first_tokens := self._metrics.first_tokens.take():
            values[EmbeddedMetric.TIME_TO_FIRST_TOKEN] = first_tokens
        return values

    def _totals(self) -> Totals:
        by_outcome = count_by_outcome(self._metrics.requests)
        return Totals(
            requests=sum(by_outcome.values()),
            errors=sum(by_outcome[outcome] for outcome in ERRORS),
            refusals=sum(by_outcome[outcome] for outcome in REFUSALS),
            prompt_tokens=total(self._metrics.prompt_tokens),
            generated_tokens=total(self._metrics.generated_tokens),
            engine_restarts=self._restarts(),
        )


def embedded_line(values: Mapping[EmbeddedMetric, Value], *, namespace: str, stage: str) -> str:
    """The values as one line, which CloudWatch Logs turns into metrics."""
    directive = {
        "Namespace": namespace,
        "Dimensions": [[STAGE_DIMENSION]],
        "Metrics": [{"Name": metric.metric_name, "Unit": metric.unit} for metric in values],
    }
    now = int(time.time() * 1000)
    return json.dumps(
        {
            "_aws": {"Timestamp": now, "CloudWatchMetrics": [directive]},
            STAGE_DIMENSION: stage,
            **{metric.metric_name: value for metric, value in values.items()},
        }
    )


def count_by_outcome(requests: Counter) -> dict[str, float]:
    """The requests that have ended. What scanners ask for is not among them: it would make an
    hour of errors look like a good one."""
    counted: dict[str, float] = defaultdict(float)
    for sample in samples(requests):
        if sample.labels["outcome"] != UNKNOWN_URL:
            counted[sample.labels["outcome"]] += sample.value
    return counted


def total(counter: Counter) -> float:
    return sum(sample.value for sample in samples(counter))


def samples(counter: Counter) -> Iterator[Sample]:
    for family in counter.collect():
        yield from family.samples
