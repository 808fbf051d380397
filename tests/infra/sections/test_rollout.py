"""What a rollout may be told, and for which endpoints."""

from typing import Any

import pytest

from infra.sections.rollout import MOST_MINUTES, RolloutSettings, Strategy
from tests.infra.stages import CERTIFICATE, GATEWAY, SHORT, problem, stage

SECURE = {"certificate_arn": CERTIFICATE}
TWO_FLEETS: tuple[Strategy, ...] = ("canary", "linear", "blue-green")


def test_a_stage_rolls_and_goes_back_by_its_alarms_unless_told_otherwise() -> None:
    rollout = stage().rollout
    assert (rollout.strategy, rollout.alarms) == ("rolling", True)
    assert not rollout.two_fleets
    assert not rollout.two_target_groups


@pytest.mark.parametrize("strategy", TWO_FLEETS)
def test_two_fleets_are_refused_where_grpc_is_served_as_well(strategy: Strategy) -> None:
    found = problem(endpoint=SECURE, rollout={"strategy": strategy})
    assert found.path == "rollout.strategy"
    assert found.text.startswith(f"got '{strategy}', but the endpoint serves REST and gRPC")
    assert "containers-roadmap#1396" in found.text
    assert "set endpoint.grpc to false" in found.text


def test_a_second_target_group_is_refused_there_as_well() -> None:
    found = problem(endpoint=SECURE, rollout={"second_target_group": True})
    assert found.path == "rollout.second_target_group"
    assert found.text.startswith("got true, but the endpoint serves REST and gRPC")


@pytest.mark.parametrize("strategy", TWO_FLEETS)
@pytest.mark.parametrize(
    "endpoint", [{}, GATEWAY, SECURE | {"grpc": False}], ids=["http", "api-gateway", "https"]
)
def test_two_fleets_are_accepted_where_rest_alone_is_served(
    strategy: Strategy, endpoint: dict[str, Any]
) -> None:
    rollout = stage(endpoint=endpoint, rollout={"strategy": strategy}, limits=SHORT).rollout
    assert rollout.two_fleets
    assert rollout.two_target_groups


@pytest.mark.parametrize("key", ["step_minutes", "bake_minutes"])
def test_steps_too_short_for_an_alarm_to_begin_are_refused(key: str) -> None:
    canary = {"strategy": "canary", key: 5}
    found = problem(rollout=canary)
    assert found.path == f"rollout.{key}"
    assert "need 6 minutes to see anything" in found.text
    assert stage(rollout=canary | {"alarms": False})


def test_blue_green_has_no_steps_that_could_be_too_short() -> None:
    assert stage(rollout={"strategy": "blue-green", "step_minutes": 1})


@pytest.mark.parametrize(
    ("rollout", "minutes"),
    [
        (RolloutSettings(bake_minutes=30), 0),
        (RolloutSettings(strategy="blue-green", bake_minutes=30), 30),
        (RolloutSettings(strategy="canary", bake_minutes=30, step_minutes=20), 50),
        # 10 % and 90 % more in nine steps, after the last of which the bake begins.
        (RolloutSettings(strategy="linear", bake_minutes=30, step_minutes=6), 84),
        # AWS's own example: with 11 % there are nine.
        (RolloutSettings(strategy="linear", bake_minutes=1, step_minutes=6, step_percent=11), 55),
        (RolloutSettings(strategy="linear", bake_minutes=1, step_minutes=6, step_percent=30), 19),
    ],
)
def test_plan_is_as_long_as_cloudformation_reckons(rollout: RolloutSettings, minutes: int) -> None:
    assert rollout.planned_minutes == minutes


def test_a_plan_that_cloudformation_refuses_is_refused_here() -> None:
    longest = {"strategy": "canary", "bake_minutes": 1440, "step_minutes": MOST_MINUTES - 1440}
    assert stage(rollout=longest).rollout.planned_minutes == MOST_MINUTES
    found = problem(rollout=longest | {"step_minutes": MOST_MINUTES - 1439})
    assert found.path == "rollout.bake_minutes"
    assert f"{MOST_MINUTES + 1} minutes in all, of which CloudFormation takes 1980" in found.text


def test_linear_steps_smaller_than_ecs_takes_are_refused() -> None:
    found = problem(rollout={"strategy": "linear", "step_percent": 2, "alarms": False})
    assert found.path == "rollout.step_percent"
    assert stage(rollout={"strategy": "canary", "step_percent": 2, "alarms": False})


@pytest.mark.parametrize("strategy", ["canary", "linear"])
@pytest.mark.parametrize(
    ("error_percent", "step_percent", "seen"),
    [(5, 5, False), (5, 6, True), (1, 5, False), (20, 20, False), (20, 21, True), (5.5, 6, True)],
)
def test_a_first_step_too_small_for_any_alarm_is_refused(
    strategy: Strategy, error_percent: float, step_percent: int, seen: bool
) -> None:
    rollout = {"strategy": strategy, "step_percent": step_percent}
    alarms = {"error_percent": error_percent}
    if seen:
        assert stage(rollout=rollout, alarms=alarms)
        return
    found = problem(rollout=rollout, alarms=alarms)
    assert found.path == "rollout.step_percent"
    assert "so that new tasks which fail each of theirs go unseen" in found.text
    assert stage(rollout=rollout | {"alarms": False}, alarms=alarms)


def test_rollouts_without_a_first_step_may_have_any() -> None:
    for strategy in ("rolling", "blue-green"):
        assert stage(rollout={"strategy": strategy, "step_percent": 1})
