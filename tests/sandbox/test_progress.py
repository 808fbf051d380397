"""A deployment's way through its steps, its weights and its shares, by tables."""

from collections import Counter

import pytest

from sandbox.runner import traffic_weights
from sandbox.runner.descriptions import alarms, strategy
from sandbox.runner.progress import Shift
from sandbox.runner.shares import Shares
from sandbox.runner.wanted import Route, Step
from tests.sandbox.specs import target

PAIR = Route(target(arn="blue"), target(arn="green"), "rule")


def test_canary_waits_between_its_share_and_the_rest() -> None:
    shift = Shift((Step(10, 5), Step(100, 2)))
    seen: list[tuple[float, str]] = []
    for now in (0, 0, 299, 300, 419, 420):
        shift.advance(now, ready=now > 0 or bool(seen), old_gone=False)
        seen.append((shift.percent, str(shift.stage)))
    assert seen == [
        (0, "SCALE_UP"),
        (10, "PRODUCTION_TRAFFIC_SHIFT"),
        (10, "PRODUCTION_TRAFFIC_SHIFT"),
        (100, "BAKE_TIME"),
        (100, "BAKE_TIME"),
        (100, "CLEAN_UP"),
    ]
    shift.advance(421, ready=True, old_gone=True)
    assert str(shift.stage) == "DONE"


def test_speed_shortens_the_bake_time() -> None:
    shift = Shift((Step(100, 10),), speed=60)
    shift.advance(0, ready=True, old_gone=False)
    shift.advance(9.9, ready=True, old_gone=False)
    assert shift.keeps_old
    shift.advance(10, ready=True, old_gone=False)
    assert not shift.keeps_old


def test_rollback_takes_the_traffic_at_once() -> None:
    shift = Shift.at_once()
    assert shift.percent == 100
    shift.advance(0, ready=False, old_gone=True)
    assert str(shift.stage) == "CLEAN_UP"
    shift.advance(0, ready=True, old_gone=True)
    assert str(shift.stage) == "DONE"


@pytest.mark.parametrize(
    ("configuration", "steps"),
    [
        ({}, [(100, 0)]),
        ({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 7}, [(100, 7)]),
        ({"strategy": "CANARY", "bakeTimeInMinutes": 7}, [(5, 10), (100, 7)]),
        (
            {
                "strategy": "CANARY",
                "bakeTimeInMinutes": 1,
                "canaryConfiguration": {"canaryPercent": 20.0, "canaryBakeTimeInMinutes": 3},
            },
            [(20, 3), (100, 1)],
        ),
        (
            {
                "strategy": "LINEAR",
                "bakeTimeInMinutes": 1,
                "linearConfiguration": {"stepPercent": 40.0, "stepBakeTimeInMinutes": 2},
            },
            [(40, 2), (80, 2), (100, 1)],
        ),
    ],
)
def test_steps_are_those_of_the_strategy(
    configuration: dict[str, object], steps: list[tuple[float, float]]
) -> None:
    found = strategy(configuration, None).steps
    assert [(step.percent, step.minutes) for step in found] == steps


def test_rolling_update_bakes_as_long_as_its_alarms_look_back() -> None:
    described = [
        {"AlarmName": "a", "StateValue": "OK", "Period": 60, "EvaluationPeriods": 3},
        {
            "AlarmName": "b",
            "StateValue": "ALARM",
            "EvaluationPeriods": 2,
            "Metrics": [{"Id": "e"}, {"Id": "m", "MetricStat": {"Period": 300}}],
        },
    ]
    configuration = {"alarms": {"enable": True, "rollback": True, "alarmNames": ["a", "b"]}}
    watched = alarms(configuration, described)
    assert watched is not None
    assert watched.triggered == ("b",)
    assert strategy(configuration, watched).steps == (Step(100, 10),)


@pytest.mark.parametrize(
    ("percent", "weights"),
    [(5, (5, 95)), (100, (100, 0)), (0, (0, 100)), (12.5, (125, 875)), (0.1, (1, 999))],
)
def test_weights_are_whole_numbers_that_a_rule_takes(
    percent: float, weights: tuple[int, int]
) -> None:
    green, blue = weights
    assert traffic_weights.wanted(PAIR, 1, percent) == {"green": green, "blue": blue}


def test_of_a_hundred_requests_each_group_gets_its_share() -> None:
    shares = Shares()
    shares.set({"blue": 90, "green": 10})
    given = Counter(shares.next({"blue", "green"}) for _ in range(100))
    assert given == {"blue": 90, "green": 10}


def test_group_without_a_share_gets_nothing_even_where_it_is_the_only_one() -> None:
    shares = Shares()
    shares.set({"blue": 100, "green": 0})
    assert shares.next({"green"}) is None
    assert shares.next({"green", "blue"}) == "blue"


def test_groups_that_no_rule_names_are_served() -> None:
    assert Shares().next({"only"}) == "only"
