"""A stack whose service deploys by canary, against the sandbox's AWS with a runner."""

import asyncio
import logging
from typing import Any

import pytest

from sandbox.runner.checks import ask_http
from sandbox.state import Ports
from tests.sandbox import stacks
from tests.sandbox.keeping import SPEED
from tests.sandbox.waiting import LONG_SECONDS, until

HURRIED = 1
FOR_EVER = round(10 * LONG_SECONDS * SPEED / 60)
"""Minutes of AWS's. A canary that is looked at must not go on meanwhile."""
SHIFTING = "PRODUCTION_TRAFFIC_SHIFT"


@pytest.mark.usefixtures("runner")
async def test_canary_shifts_the_rule_s_weights_and_an_alarm_shifts_them_back(
    ports: Ports, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="sandbox.runner.agent")
    await deploy("1", HURRIED)
    await until(stacks.ready)
    assert await asyncio.to_thread(stacks.weights) == [100, 0]

    await deploy("2", HURRIED)
    await until(lambda: stacks.status() == "UPDATE_COMPLETE")
    assert shifts(caplog) == [[80, 20], [0, 100]]
    assert await asyncio.to_thread(stacks.weights) == [0, 100]
    assert (await asyncio.to_thread(stacks.service_deployment))["status"] == "SUCCESSFUL"
    await until(lambda: stacks.target_states(0) == [])

    await deploy("3", FOR_EVER)
    await until(lambda: stacks.service_deployment().get("lifecycleStage") == SHIFTING)
    assert await asyncio.to_thread(stacks.weights) == [20, 80]
    assert await asyncio.to_thread(stacks.target_states, 0) == ["healthy"] * 2
    await asyncio.to_thread(stacks.set_alarm, "ALARM")
    await until(lambda: stacks.status() == "UPDATE_ROLLBACK_COMPLETE")
    assert await asyncio.to_thread(stacks.weights) == [0, 100]
    service = await asyncio.to_thread(stacks.described)
    assert stacks.version_of(service["taskDefinition"]) == "2"
    assert service["deployments"][0]["rolloutState"] == "COMPLETED"
    last = await asyncio.to_thread(stacks.service_deployment)
    assert last["status"] == "ROLLBACK_SUCCESSFUL"
    assert stacks.ALARM in last["statusReason"]
    assert await ask_http(ports.http, "/health", LONG_SECONDS) == 200


async def deploy(version: str, bake_minutes: int) -> None:
    await asyncio.to_thread(stacks.execute, version, canary=True, bake_minutes=bake_minutes)


def shifts(caplog: pytest.LogCaptureFixture) -> list[list[int]]:
    """The weights that the runner has set, the service's own target group first."""
    told: list[Any] = [
        record.args for record in caplog.records if str(record.msg).startswith("weights of")
    ]
    return [list(weights.values()) for _, weights in told]
