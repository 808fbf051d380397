"""Alarms begin when users are in trouble, and not otherwise; who is named hears of it."""

from typing import Any

import pytest
from aws_cdk import App

from infra.build import build
from infra.container_env import ServiceMetric
from infra.sections.alarms import AlarmSettings
from infra.stage_files import load_stage
from tests.infra.assemblies import IMAGE, Assembly
from tests.infra.metric_math import breaches

ALARM = "AWS::CloudWatch::Alarm"


def alarm(assembly: Assembly, name: str) -> Any:
    """The properties of one alarm, by the end of its construct path."""
    (found,) = (
        body["Properties"]
        for logical_id, body in assembly.resources(ALARM).items()
        if logical_id.startswith(f"WatchingAlarms{name}")
    )
    return found


def alarms(assembly: Assembly) -> list[dict[str, Any]]:
    """The properties of the alarms that somebody hears."""
    return [
        body["Properties"]
        for logical_id, body in assembly.resources(ALARM).items()
        if logical_id.startswith("WatchingAlarms")
    ]


@pytest.mark.parametrize("stage", ["local", "dev", "prod"])
def test_nothing_is_watched_until_a_stage_asks(request: pytest.FixtureRequest, stage: str) -> None:
    assembly: Assembly = request.getfixturevalue(stage)
    resources = assembly.templates["Inference"]["Resources"]
    assert [name for name in resources if name.startswith("Watching")] == []


def test_every_alarm_is_sentences_and_a_link(watched: Assembly) -> None:
    for properties in alarms(watched):
        text = properties["AlarmDescription"]
        assert text.startswith("Stage local: ")
        assert ". Look first at " in text
        assert ". Runbook: docs/runbook.md#" in text


def test_link_leads_to_where_a_team_reads_the_runbook() -> None:
    alarms = AlarmSettings(emails=("ann@example.org",), runbook_url="https://wiki.example/run")
    settings = load_stage("local", {"image": IMAGE}).model_copy(update={"alarms": alarms})
    made = build(App(), settings).inference.node.find_child("Watching").node.find_all()
    texts = [str(getattr(one, "alarm_description", "")) for one in made]
    assert sum(text.count("Runbook: https://wiki.example/run#") for text in texts) == 6


def test_every_alarm_tells_its_beginning_and_its_end(watched: Assembly) -> None:
    topic = {"Ref": next(iter(watched.resources("AWS::SNS::Topic")))}
    assert len(alarms(watched)) == 6
    for properties in alarms(watched):
        assert properties["AlarmActions"] == [topic]
        assert properties["OKActions"] == [topic]


def test_missing_data_is_trouble_only_where_it_means_that_no_task_is_there(
    watched: Assembly,
) -> None:
    treated = {
        properties["AlarmDescription"].rpartition("#")[2]: properties["TreatMissingData"]
        for properties in alarms(watched)
    }
    assert treated.pop("no-ready-task") == "breaching"
    assert set(treated.values()) == {"notBreaching"}


@pytest.mark.parametrize(("tasks", "alarmed"), [(0, True), (1, False), (2, False)])
def test_no_ready_task_is_an_alarm(watched: Assembly, tasks: int, alarmed: bool) -> None:
    assert breaches(alarm(watched, "NoReadyTask"), value=tasks) is alarmed


@pytest.mark.parametrize(("tasks", "alarmed"), [(1, True), (2, False), (10, False)])
def test_fewer_tasks_than_always_run_are_an_alarm(
    watched: Assembly, tasks: int, alarmed: bool
) -> None:
    assert breaches(alarm(watched, "MissingTasks"), value=tasks) is alarmed


@pytest.mark.parametrize(
    ("requests", "errors", "lost", "alarmed"),
    [
        (0, 0, None, False),
        (100, 5, None, False),
        (100, 6, None, True),
        (2, 2, None, False),  # two failures alone are no rate
        (3, 3, None, True),
        (0, 0, 3, True),  # lost before a task could count them
        (1000, 0, 40, False),
        (1000, 30, 30, True),
    ],
)
def test_rate_of_failures_is_an_alarm_from_three_on(
    watched: Assembly, requests: int, errors: int, lost: int | None, alarmed: bool
) -> None:
    error_rate = alarm(watched, "ErrorRate")
    assert breaches(error_rate, requests=requests, errors=errors, lost=lost) is alarmed


@pytest.mark.parametrize(("seconds", "alarmed"), [(10, False), (10.1, True)])
def test_slow_first_tokens_are_an_alarm(watched: Assembly, seconds: float, alarmed: bool) -> None:
    properties = alarm(watched, "FirstToken")
    assert properties["Metrics"][0]["MetricStat"]["Stat"] == "p95"
    assert breaches(properties, value=seconds) is alarmed


@pytest.mark.parametrize(
    ("tasks", "slots", "alarmed"),
    [(10, 100, True), (10, 99, False), (9, 150, False), (11, 120, True)],
)
def test_full_slots_are_an_alarm_where_scaling_can_add_no_task(
    watched: Assembly, tasks: int, slots: float, alarmed: bool
) -> None:
    assert breaches(alarm(watched, "Saturation"), tasks=tasks, slots=slots) is alarmed


@pytest.mark.parametrize(("restarts", "alarmed"), [(0, False), (1, True)])
def test_one_restart_of_an_engine_is_an_alarm(
    watched: Assembly, restarts: int, alarmed: bool
) -> None:
    assert breaches(alarm(watched, "EngineRestarts"), value=restarts) is alarmed


def test_alarms_outlast_a_moment(watched: Assembly) -> None:
    minutes = {}
    for name in ("NoReadyTask", "ErrorRate", "FirstToken", "Saturation", "MissingTasks"):
        properties = alarm(watched, name)
        periods = {
            query["MetricStat"]["Period"]
            for query in properties["Metrics"]
            if "MetricStat" in query
        }
        minutes[name] = properties["DatapointsToAlarm"] * max(periods) // 60
    assert minutes == {
        "NoReadyTask": 2,
        "ErrorRate": 10,
        "FirstToken": 10,
        "Saturation": 10,
        "MissingTasks": 10,
    }


def test_service_writes_every_metric_of_its_namespace_that_is_read(watched: Assembly) -> None:
    written = {metric.metric_name for metric in ServiceMetric}
    read = {
        query["MetricStat"]["Metric"]["MetricName"]
        for body in watched.resources(ALARM).values()
        for query in body["Properties"]["Metrics"]
        if query.get("MetricStat", {}).get("Metric", {}).get("Namespace") == "LlmOnEcs"
    }
    assert read
    assert read <= written
