"""A rollout is undone when it goes wrong, and not because its tasks start."""

from collections.abc import Callable
from typing import Any

import pytest

from infra.sections.rollout import RolloutSettings
from tests.infra.assemblies import Assembly, Variant, write_variant
from tests.infra.metric_math import Minute, breaches, fires

ALARM = "AWS::CloudWatch::Alarm"
SERVICE = "AWS::ECS::Service"
NAMES = ("ErrorRate", "FirstToken", "UnreadyTasks")


def alarm(assembly: Assembly, name: str) -> Any:
    """The properties of one alarm, by the end of its construct path."""
    (found,) = (
        body["Properties"]
        for logical_id, body in assembly.resources(ALARM).items()
        if logical_id.startswith(f"RollbackAlarms{name}")
    )
    return found


@pytest.mark.parametrize("variant", ["local", "dev", "prod", "hosted-zone", "guarded-api"])
def test_every_stage_goes_back_by_its_alarms(
    synthesised: Callable[[str], Assembly], variant: str
) -> None:
    assembly = synthesised(variant)
    used = assembly.only(SERVICE)["DeploymentConfiguration"]["Alarms"]
    assert (used["Enable"], used["Rollback"]) == (True, True)
    made = [name for name in assembly.resources(ALARM) if name.startswith("RollbackAlarms")]
    assert used["AlarmNames"] == [{"Ref": name} for name in made]
    assert len(made) == len(NAMES)


def test_a_stage_can_do_without(tmp_path: Any) -> None:
    write_variant(Variant("local", changes={"rollout": {"alarms": False}}), tmp_path)
    assembly = Assembly(tmp_path)
    assert not assembly.resources(ALARM)
    assert not assembly.only(SERVICE)["DeploymentConfiguration"].get("Alarms", {}).get("Enable")


@pytest.mark.parametrize("name", NAMES)
def test_they_have_no_names_and_wake_nobody(watched: Assembly, name: str) -> None:
    properties = alarm(watched, name)
    assert not {"AlarmName", "AlarmActions", "OKActions"} & properties.keys()
    assert properties["TreatMissingData"] == "notBreaching"
    assert properties["AlarmDescription"].endswith("docs/runbook.md#rolled-back")


def test_thresholds_are_those_of_the_alarms_that_people_hear(watched: Assembly) -> None:
    heard = {
        logical_id.removeprefix("WatchingAlarms")[:-8]: body["Properties"]["Threshold"]
        for logical_id, body in watched.resources(ALARM).items()
    }
    for name in ("ErrorRate", "FirstToken"):
        assert alarm(watched, name)["Threshold"] == heard[name]


@pytest.mark.parametrize(
    ("requests", "errors", "lost", "undone"),
    [(100, 5, None, False), (100, 6, None, True), (2, 2, None, False), (0, 0, 3, True)],
)
def test_failing_requests_undo_a_rollout(
    prod: Assembly, requests: int, errors: int, lost: int | None, undone: bool
) -> None:
    error_rate = alarm(prod, "ErrorRate")
    assert breaches(error_rate, requests=requests, errors=errors, lost=lost) is undone


@pytest.mark.parametrize(
    ("count", "wait", "undone"),
    [
        (None, None, False),
        (19, 60, False),  # no one in twenty
        (20, 10, False),
        (20, 10.1, True),
    ],
)
def test_late_first_tokens_of_many_undo_a_rollout(
    prod: Assembly, count: int | None, wait: float | None, undone: bool
) -> None:
    assert breaches(alarm(prod, "FirstToken"), count=count, wait=wait) is undone


@pytest.mark.parametrize(
    ("ready", "unready", "undone"),
    [
        (2, 0, False),
        (2, 2, False),  # as many start as serve
        (1, 1, False),
        (1, 2, True),
        (0, 1, True),
        (None, 2, True),
        (None, None, False),
    ],
)
def test_unready_tasks_count_where_more_are_unready_than_ready(
    prod: Assembly, ready: int | None, unready: int | None, undone: bool
) -> None:
    found = breaches(alarm(prod, "UnreadyTasks"), requests_1=9, ready_1=ready, unready_1=unready)
    assert found is undone


@pytest.mark.parametrize(
    ("green_requests", "green_ready", "undone"),
    [
        (None, 0, False),  # it starts: no request goes there yet
        (1, 0, True),  # the first request of a canary
        (1, 2, False),
    ],
)
def test_a_fleet_that_starts_undoes_nothing_and_one_that_serves_does(
    hosted_zone: Assembly, green_requests: int | None, green_ready: int, undone: bool
) -> None:
    found = breaches(
        alarm(hosted_zone, "UnreadyTasks"),
        requests_1=50,
        ready_1=2,
        unready_1=0,
        requests_2=green_requests,
        ready_2=green_ready,
        unready_2=2 - green_ready,
    )
    assert found is undone


SERVES: Minute = {"requests_1": [9], "ready_1": [2, 2], "unready_1": [0, 0]}


def unready(count: int, *, ready: int = 2, minutes: int) -> list[Minute]:
    minute: Minute = {"requests_1": [9], "ready_1": [ready] * 2, "unready_1": [count] * 2}
    return minutes * [minute]


@pytest.fixture(scope="module")
def slow_to_start(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """A stage whose tasks load a big model."""
    directory = tmp_path_factory.mktemp("slow")
    write_variant(Variant("local", changes={"scaling": {"start_seconds": 475}}), directory)
    return Assembly(directory)


def test_scaling_out_to_three_times_the_tasks_undoes_nothing(slow_to_start: Assembly) -> None:
    unready_tasks = alarm(slow_to_start, "UnreadyTasks")
    assert not fires(unready_tasks, [SERVES, *unready(4, minutes=8), SERVES])


def test_two_waves_of_starting_tasks_undo_nothing(slow_to_start: Assembly) -> None:
    """Scaling waits for the first to serve, and a minute more."""
    waves = [*unready(4, minutes=8), SERVES, *unready(14, ready=6, minutes=8), SERVES]
    assert not fires(alarm(slow_to_start, "UnreadyTasks"), waves)


def test_tasks_that_never_become_ready_undo_a_rollout(slow_to_start: Assembly) -> None:
    unready_tasks = alarm(slow_to_start, "UnreadyTasks")
    # 475 s are eight minutes, and three are to spare.
    assert not fires(unready_tasks, [SERVES, *unready(4, minutes=10)])
    assert fires(unready_tasks, [SERVES, *unready(4, minutes=11)])


@pytest.mark.parametrize(
    ("ready", "unready_tasks"),
    [([2, 2], [0, 3]), ([2, 0], [1, 1])],
    ids=["one sample has more unready", "one sample has fewer ready"],
)
def test_tasks_that_waver_undo_nothing(
    slow_to_start: Assembly, ready: list[float], unready_tasks: list[float]
) -> None:
    """Of a minute, and of what the load balancer's nodes saw, the best counts."""
    minute: Minute = {"requests_1": [9], "ready_1": ready, "unready_1": unready_tasks}
    assert not fires(alarm(slow_to_start, "UnreadyTasks"), 30 * [minute])


@pytest.mark.parametrize(("share", "undone"), [(5, False), (6, True)])
def test_a_first_step_is_seen_from_six_percent_on(
    hosted_zone: Assembly, share: int, undone: bool
) -> None:
    """Each of the new tasks' requests fails: of all, as many as the step has."""
    error_rate = alarm(hosted_zone, "ErrorRate")
    assert breaches(error_rate, requests=100, errors=share, lost=None) is undone


def test_they_cost_what_their_setting_says(prod: Assembly, hosted_zone: Assembly) -> None:
    text = RolloutSettings.model_fields["alarms"].description or ""
    for assembly, usd in ((prod, "0.80"), (hosted_zone, "1.10")):
        metrics = [
            query
            for name in NAMES
            for query in alarm(assembly, name)["Metrics"]
            if "MetricStat" in query
        ]
        assert f"{len(metrics) / 10:.2f}" == usd
        assert usd in text


def test_a_rollout_is_undone_before_anybody_is_woken(watched: Assembly) -> None:
    for name in ("ErrorRate", "FirstToken"):
        (heard,) = (
            body["Properties"]["DatapointsToAlarm"]
            for logical_id, body in watched.resources(ALARM).items()
            if logical_id.startswith(f"WatchingAlarms{name}")
        )
        assert alarm(watched, name)["DatapointsToAlarm"] < heard
