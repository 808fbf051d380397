"""The line that CloudWatch reads: its shape, and that each event is in exactly one of them."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any

import pytest

from service.embedded_metrics import EmbeddedMetric, EmbeddedMetrics, embedded_line
from service.generation import Usage
from service.line_writer import LineWriter
from service.metrics import Metrics
from service.observation import Observation, Times

Line = dict[str, Any]

ROUTE = "/v1/completions"


@dataclass
class Task:
    """A task's metrics, the load and restarts that they read, and the file that has the lines."""

    file: IO[bytes]
    metrics: Metrics = field(default_factory=lambda: Metrics(model="tiny"))
    load: float = 0
    restarts: int = 0

    def __post_init__(self) -> None:
        self.embedded = EmbeddedMetrics(
            self.metrics,
            namespace="Space",
            stage="prod",
            utilization=lambda: self.load,
            restarts=lambda: self.restarts,
            lines=LineWriter(self.file.fileno()),
        )

    def ended(self, *outcomes: str, usage: Usage | None = None) -> None:
        for outcome in outcomes:
            times = Times(queued=0, admitted=0, ended=1)
            self.metrics.record(
                Observation(
                    transport="rest", route=ROUTE, times=times, outcome=outcome, usage=usage
                )
            )


@pytest.fixture
def task() -> Iterator[Task]:
    with tempfile.TemporaryFile() as file:
        yield Task(file)


def written(task: Task) -> Line:
    """The next period's line."""
    before = task.file.seek(0, os.SEEK_END)
    task.embedded.close()
    task.file.seek(before)
    (line,) = task.file.readlines()
    document: Line = json.loads(line)
    return document


def test_line_has_the_shape_that_cloudwatch_reads() -> None:
    line = embedded_line(
        {EmbeddedMetric.SLOT_UTILIZATION: 0, EmbeddedMetric.TIME_TO_FIRST_TOKEN: [0.5, 1]},
        namespace="Space",
        stage="prod",
    )
    assert "\n" not in line
    document = json.loads(line)
    assert document["_aws"]["CloudWatchMetrics"] == [
        {
            "Namespace": "Space",
            "Dimensions": [["Stage"]],
            "Metrics": [
                {"Name": "SlotUtilization", "Unit": "Percent"},
                {"Name": "TimeToFirstToken", "Unit": "Seconds"},
            ],
        }
    ]
    assert isinstance(document["_aws"]["Timestamp"], int)
    assert document["Stage"] == "prod"
    assert document["SlotUtilization"] == 0
    assert document["TimeToFirstToken"] == [0.5, 1]


def test_every_metric_of_a_line_has_a_value(task: Task) -> None:
    line = written(task)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert {metric["Name"] for metric in directive["Metrics"]} <= set(line)


def test_quiet_period_is_zeros_and_claims_no_first_token(
    task: Task,
) -> None:
    line = written(task)
    names = {metric.metric_name for metric in EmbeddedMetric} - {"TimeToFirstToken"}
    assert {name: line[name] for name in names} == dict.fromkeys(names, 0)
    assert "TimeToFirstToken" not in line


def test_faults_of_ours_and_refusals_are_told_from_faults_of_the_caller(
    task: Task,
) -> None:
    task.ended("ok", "cancelled", "invalid_api_key", "context_length_exceeded", "deadline_exceeded")
    task.ended("engine_unavailable", "internal_error", "generation_timeout")
    task.ended("queue_full", "queue_timeout", "draining", "draining")
    line = written(task)
    assert (line["Requests"], line["Errors"], line["Refusals"]) == (12, 3, 4)


def test_each_event_is_counted_in_one_period_only(
    task: Task,
) -> None:
    task.ended("ok", "internal_error")
    task.ended("ok", usage=Usage(prompt_tokens=7, completion_tokens=5))
    task.metrics.token_meter(ROUTE).first(0.25)
    task.restarts = 2
    counts = ("Requests", "Errors", "PromptTokens", "GeneratedTokens", "EngineRestarts")
    first = written(task)
    assert [first[name] for name in counts] == [3, 1, 7, 5, 2]
    assert first["TimeToFirstToken"] == [0.25]
    task.ended("ok")
    second = written(task)
    assert [second[name] for name in counts] == [1, 0, 0, 0, 0]
    assert "TimeToFirstToken" not in second


def test_of_many_first_tokens_a_sample_that_cloudwatch_takes_is_written(
    task: Task,
) -> None:
    for _ in range(250):
        task.metrics.token_meter(ROUTE).first(0.5)
    assert written(task)["TimeToFirstToken"] == [0.5] * 100


def test_load_is_that_of_the_moment(task: Task) -> None:
    task.load = 150
    assert written(task)["SlotUtilization"] == 150


def test_what_scanners_ask_for_is_no_request_of_the_service(
    task: Task,
) -> None:
    task.ended("unknown_url")
    assert written(task)["Requests"] == 0


@contextmanager
def full(file: IO[bytes]) -> Iterator[None]:
    """It takes nothing meanwhile."""
    kept, device = os.dup(file.fileno()), os.open("/dev/full", os.O_WRONLY)
    os.dup2(device, file.fileno())
    yield
    os.dup2(kept, file.fileno())
    for descriptor in (kept, device):
        os.close(descriptor)


def test_failed_write_loses_its_period_and_no_other(
    task: Task, caplog: pytest.LogCaptureFixture
) -> None:
    task.ended("ok")
    with full(task.file):
        task.embedded.close()
    task.ended("ok", "ok")
    assert written(task)["Requests"] == 2
    (record,) = caplog.records
    assert (record.message, vars(record)["periods"]) == ("metrics were lost", 1)
