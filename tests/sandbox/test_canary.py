"""A stack whose service deploys by canary, against the sandbox's AWS with a runner."""

import asyncio

import pytest

from sandbox.runner.checks import ask_http
from sandbox.state import Ports
from tests.sandbox import stacks
from tests.sandbox.waiting import until


@pytest.mark.usefixtures("runner")
async def test_canary_shifts_the_rule_s_weights_and_an_alarm_shifts_them_back(ports: Ports) -> None:
    await asyncio.to_thread(stacks.execute, "1", canary=True)
    await until(lambda: bool(stacks.described()) and stacks.target_states() == ["healthy"] * 2)
    assert await asyncio.to_thread(stacks.weights) == [100, 0]

    await asyncio.to_thread(stacks.execute, "2", canary=True)
    await until(lambda: stacks.weights() == [80, 20])
    assert await asyncio.to_thread(stacks.target_states, 1) == ["healthy"] * 2
    stage = (await asyncio.to_thread(stacks.service_deployment))["lifecycleStage"]
    assert stage == "PRODUCTION_TRAFFIC_SHIFT"
    await until(lambda: stacks.status() == "UPDATE_COMPLETE")
    assert await asyncio.to_thread(stacks.weights) == [0, 100]
    assert (await asyncio.to_thread(stacks.service_deployment))["status"] == "SUCCESSFUL"
    assert await asyncio.to_thread(stacks.target_states, 0) == []

    await asyncio.to_thread(stacks.execute, "3", canary=True)
    await until(lambda: stacks.weights() == [20, 80])
    await asyncio.to_thread(stacks.set_alarm, "ALARM")
    await until(lambda: stacks.status() == "UPDATE_ROLLBACK_COMPLETE")
    assert await asyncio.to_thread(stacks.weights) == [0, 100]
    service = await asyncio.to_thread(stacks.described)
    assert stacks.version_of(service["taskDefinition"]) == "2"
    assert service["deployments"][0]["rolloutState"] == "COMPLETED"
    last = await asyncio.to_thread(stacks.service_deployment)
    assert last["status"] == "ROLLBACK_SUCCESSFUL"
    assert stacks.ALARM in last["statusReason"]
    assert await ask_http(ports.http, "/health", 5) == 200
