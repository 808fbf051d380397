"""Deployments that shift traffic between two fleets, and what takes them back."""

from collections import Counter
from dataclasses import replace
from typing import Any

from sandbox.runner.wanted import Alarms, Route, Step, Strategy
from tests.sandbox.keeping import SPEED, Sandbox
from tests.sandbox.specs import service, spec, target

ROUTE = Route(target(arn="blue"), target(arn="green"), "rule")
ONE_SECOND = SPEED / 60
"""In minutes of AWS's."""


def strategy(kind: str, *steps: tuple[float, float]) -> Strategy:
    return Strategy(kind, tuple(Step(percent, minutes) for percent, minutes in steps))


def two_sided(revision: int, **changes: Any) -> Any:
    return service(revision, routes=(ROUTE,), **changes)


def states(sandbox: Sandbox, group: str) -> list[str]:
    reported = sandbox.keeper.report()["targets"][group]
    return sorted(item["state"] for item in reported)


async def deploy_first(sandbox: Sandbox, chosen: Strategy) -> None:
    sandbox.want(two_sided(1, strategy=chosen), spec(1))
    await sandbox.until(lambda: sandbox.state()["state"] == "COMPLETED")
    assert sandbox.wanted.weights == {"blue": 100, "green": 0}


async def change(sandbox: Sandbox, chosen: Strategy, **changes: Any) -> None:
    """Ask for revision 2; the weights are those that the first deployment left."""
    wanted = two_sided(2, active=(1,), strategy=chosen, **changes)
    sandbox.want(replace(wanted, weights=sandbox.wanted.weights), spec(2))
    await sandbox.until(lambda: sandbox.ready(2) == 2)


async def test_blue_stands_by_until_green_has_baked(sandbox: Sandbox) -> None:
    chosen = strategy("BLUE_GREEN", (100, ONE_SECOND))
    await deploy_first(sandbox, chosen)
    await change(sandbox, chosen)
    await sandbox.until(lambda: sandbox.state()["stage"] == "BAKE_TIME")
    assert sandbox.wanted.weights == {"blue": 0, "green": 100}
    assert (sandbox.ready(1), sandbox.ready(2)) == (2, 2)
    assert states(sandbox, "blue") == states(sandbox, "green") == ["healthy", "healthy"]
    assert await sandbox.version() == "2"
    await sandbox.until(lambda: sandbox.state()["state"] == "COMPLETED")
    assert sandbox.ready(1) == 0
    assert await sandbox.version() == "2"


async def test_next_deployment_goes_back_to_the_first_target_group(sandbox: Sandbox) -> None:
    chosen = strategy("BLUE_GREEN", (100, 0))
    await deploy_first(sandbox, chosen)
    await change(sandbox, chosen)
    await sandbox.until(lambda: sandbox.state()["state"] == "COMPLETED")
    third = two_sided(3, active=(2,), strategy=chosen)
    sandbox.want(replace(third, weights=sandbox.wanted.weights), spec(3))
    await sandbox.until(lambda: sandbox.state()["state"] == "COMPLETED")
    assert sandbox.wanted.weights == {"blue": 100, "green": 0}
    assert states(sandbox, "blue") == ["healthy", "healthy"]


async def test_rolling_update_goes_on_in_the_target_group_that_blue_green_left(
    sandbox: Sandbox,
) -> None:
    chosen = strategy("BLUE_GREEN", (100, 0))
    await deploy_first(sandbox, chosen)
    await change(sandbox, chosen)
    await sandbox.until(lambda: sandbox.state()["state"] == "COMPLETED")
    third = two_sided(3, active=(2,), strategy=strategy("ROLLING", (100, 0)))
    sandbox.want(replace(third, weights=sandbox.wanted.weights), spec(3))
    await sandbox.until(lambda: sandbox.state()["state"] == "COMPLETED" and not sandbox.of(2))
    assert sandbox.wanted.weights == {"blue": 0, "green": 100}
    assert states(sandbox, "green") == ["healthy", "healthy"]
    assert await sandbox.version() == "3"


async def test_canary_gets_its_share_of_the_requests(sandbox: Sandbox) -> None:
    chosen = strategy("CANARY", (25, 10 * ONE_SECOND), (100, 0))
    await deploy_first(sandbox, chosen)
    await change(sandbox, chosen)
    await sandbox.until(lambda: sandbox.state()["stage"] == "PRODUCTION_TRAFFIC_SHIFT")
    assert sandbox.state()["weight"] == 25
    answers = Counter([await sandbox.version() for _ in range(20)])
    assert answers == {"1": 15, "2": 5}


async def test_one_connection_s_requests_are_divided_too(sandbox: Sandbox) -> None:
    chosen = strategy("CANARY", (50, 10 * ONE_SECOND), (100, 0))
    await deploy_first(sandbox, chosen)
    await change(sandbox, chosen)
    await sandbox.until(lambda: sandbox.state()["stage"] == "PRODUCTION_TRAFFIC_SHIFT")
    answers = Counter(await sandbox.versions(10))
    assert answers == {"1": 5, "2": 5}


async def test_blue_task_that_dies_is_replaced_while_green_bakes(sandbox: Sandbox) -> None:
    chosen = strategy("BLUE_GREEN", (100, 10 * ONE_SECOND))
    await deploy_first(sandbox, chosen)
    await change(sandbox, chosen)
    await sandbox.until(lambda: sandbox.state()["stage"] == "BAKE_TIME")
    killed = sandbox.of(1)[0]
    killed.running.kill()
    await sandbox.until(lambda: killed not in sandbox.fleet.tasks)
    await sandbox.until(lambda: sandbox.ready(1) == 2)


async def test_alarm_fails_the_deployment_and_the_rollback_takes_the_traffic_back(
    sandbox: Sandbox,
) -> None:
    chosen = strategy("CANARY", (50, 10 * ONE_SECOND), (100, 0))
    watched = Alarms(names=("errors",), rollback=True)
    await deploy_first(sandbox, chosen)
    await change(sandbox, chosen, alarms=watched)
    await sandbox.until(lambda: sandbox.state()["stage"] == "PRODUCTION_TRAFFIC_SHIFT")
    fired = replace(watched, triggered=("errors",))
    sandbox.want(replace(sandbox.wanted, alarms=fired), spec(2))
    await sandbox.until(lambda: sandbox.state()["state"] == "FAILED")
    assert "in state ALARM: errors" in sandbox.state()["reason"]
    assert sandbox.state()["rollback"] is True

    back = two_sided(1, active=(2,), strategy=chosen)  # as ECS does: the old deployment again
    sandbox.want(replace(back, weights=sandbox.wanted.weights), spec(1))
    await sandbox.until(lambda: sandbox.wanted.weights == {"blue": 100, "green": 0})
    assert await sandbox.version() == "1"
    await sandbox.until(lambda: sandbox.state()["state"] == "COMPLETED" and not sandbox.of(2))
    assert states(sandbox, "green") == []


async def test_rolling_update_is_watched_by_its_alarms_after_the_last_task(
    sandbox: Sandbox,
) -> None:
    await sandbox.until(lambda: sandbox.state()["state"] == "COMPLETED")
    watched = Alarms(names=("errors",), rollback=True)
    chosen = Strategy("ROLLING", (Step(100, 10 * ONE_SECOND),))
    sandbox.want(service(2, active=(1,), alarms=watched, strategy=chosen), spec(2))
    await sandbox.until(lambda: sandbox.ready(2) == 2 and not sandbox.of(1))
    assert sandbox.state()["state"] == "IN_PROGRESS"
    fired = replace(watched, triggered=("errors",))
    sandbox.want(replace(sandbox.wanted, alarms=fired), spec(2))
    await sandbox.until(lambda: sandbox.state()["state"] == "FAILED")
