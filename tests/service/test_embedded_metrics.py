"""The line that CloudWatch reads: its shape, and that each event is in exactly one of them."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import dataclass, field
from typing import Any

import pytest

from service.embedded_metrics import EmbeddedMetric, EmbeddedMetrics, embedded_line
from service.metrics import Metrics

Line = dict[str, Any]


@dataclass
class Task:
    """A task's metrics, and the load and restarts that they read."""

    metrics: Metrics = field(default_factory=Metrics)
    load: float = 0
    restarts: int = 0

    def __post_init__(self) -> None:
        self.embedded = EmbeddedMetrics(
            self.metrics,
            namespace="Space",
            stage="prod",
            utilization=lambda: self.load,
            restarts=lambda: self.restarts,
        )

    def ended(self, *outcomes: str) -> None:
        for outcome in outcomes:
            self.metrics.requests.labels("rest", outcome).inc()


@pytest.fixture
def task() -> Task:
    return Task()


def written(task: Task, capsys: pytest.CaptureFixture[str]) -> Line:
    """The next period's line."""
    task.embedded.write()
    (line,) = capsys.readouterr().out.splitlines()
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


def test_every_metric_of_a_line_has_a_value(task: Task, capsys: pytest.CaptureFixture[str]) -> None:
    line = written(task, capsys)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert {metric["Name"] for metric in directive["Metrics"]} <= set(line)


def test_quiet_period_is_zeros_and_claims_no_first_token(
    task: Task, capsys: pytest.CaptureFixture[str]
) -> None:
    line = written(task, capsys)
    names = {metric.metric_name for metric in EmbeddedMetric} - {"TimeToFirstToken"}
    assert {name: line[name] for name in names} == dict.fromkeys(names, 0)
    assert "TimeToFirstToken" not in line


def test_faults_of_ours_and_refusals_are_told_from_faults_of_the_caller(
    task: Task, capsys: pytest.CaptureFixture[str]
) -> None:
    task.ended("ok", "cancelled", "invalid_api_key", "context_length_exceeded", "deadline_exceeded")
    task.ended("engine_unavailable", "internal_error", "generation_timeout")
    task.ended("queue_full", "queue_timeout", "draining", "draining")
    line = written(task, capsys)
    assert (line["Requests"], line["Errors"], line["Refusals"]) == (12, 3, 4)


def test_each_event_is_counted_in_one_period_only(
    task: Task, capsys: pytest.CaptureFixture[str]
) -> None:
    task.ended("ok", "ok", "internal_error")
    task.metrics.prompt_tokens.inc(7)
    task.metrics.generated_tokens.inc(5)
    task.metrics.observe_first_token(0.25)
    task.restarts = 2
    counts = ("Requests", "Errors", "PromptTokens", "GeneratedTokens", "EngineRestarts")
    first = written(task, capsys)
    assert [first[name] for name in counts] == [3, 1, 7, 5, 2]
    assert first["TimeToFirstToken"] == [0.25]
    task.ended("ok")
    second = written(task, capsys)
    assert [second[name] for name in counts] == [1, 0, 0, 0, 0]
    assert "TimeToFirstToken" not in second


def test_of_many_first_tokens_a_sample_that_cloudwatch_takes_is_written(
    task: Task, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(250):
        task.metrics.observe_first_token(0.5)
    assert written(task, capsys)["TimeToFirstToken"] == [0.5] * 100


def test_load_is_that_of_the_moment(task: Task, capsys: pytest.CaptureFixture[str]) -> None:
    task.load = 150
    assert written(task, capsys)["SlotUtilization"] == 150


class FullDisk(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError("No space left on device")


def test_failed_write_loses_its_period_and_no_other(
    task: Task, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    task.ended("ok")
    with monkeypatch.context() as broken:
        broken.setattr(sys, "stdout", FullDisk())
        task.embedded.write()
    task.ended("ok", "ok")
    assert written(task, capsys)["Requests"] == 2
