"""The runner against the sandbox's AWS: what a deploy asks for is what runs and is reported."""

import asyncio

import pytest

from sandbox.runner.agent import Agent
from sandbox.runner.checks import ask_http
from sandbox.state import Ports
from tests.sandbox import stacks
from tests.sandbox.waiting import LONG_SECONDS, until


@pytest.mark.usefixtures("runner")
async def test_deployed_service_runs_rolls_out_and_rolls_back(ports: Ports) -> None:
    await asyncio.to_thread(stacks.execute, "1")
    await until(stacks.ready)
    assert await ask_http(ports.http, "/health", LONG_SECONDS) == 200

    await asyncio.to_thread(stacks.execute, "2")
    await until(lambda: stacks.status() == "UPDATE_COMPLETE")
    service = await asyncio.to_thread(stacks.described)
    assert service["deployments"][0]["rolloutState"] == "COMPLETED"
    assert stacks.version_of(service["taskDefinition"]) == "2"

    await asyncio.to_thread(stacks.execute, "3", FAIL="1")
    await until(lambda: stacks.status() == "UPDATE_ROLLBACK_COMPLETE")
    service = await asyncio.to_thread(stacks.described)
    assert stacks.version_of(service["taskDefinition"]) == "2"
    assert await ask_http(ports.http, "/health", LONG_SECONDS) == 200

    stopped = await asyncio.to_thread(stacks.stopped_tasks)
    failed = [task for task in stopped if task["stopCode"] == "EssentialContainerExited"]
    assert {stacks.version_of(task["taskDefinitionArn"]) for task in failed} == {"3"}
    assert {task["containers"][0]["exitCode"] for task in failed} == {1}
    told = "\n".join(event["message"] for event in service["events"])
    assert "is unable to consistently start tasks successfully" in told
    assert "has reached a steady state" in told
    log = await asyncio.to_thread(stacks.log_of, failed[0])
    assert log == ["told to fail"]


@pytest.mark.usefixtures("runner")
async def test_stop_task_ends_a_task_and_another_takes_its_place() -> None:
    await asyncio.to_thread(stacks.execute, "1")
    await until(stacks.ready)
    before = await asyncio.to_thread(stacks.running_tasks)
    await asyncio.to_thread(stacks.stop, before[0])
    await until(lambda: bool(stacks.stopped_tasks()))
    await until(lambda: len(stacks.running_tasks()) == 2)
    stopped = [
        task
        for task in await asyncio.to_thread(stacks.stopped_tasks)
        if task["taskArn"] == before[0]
    ]
    assert [(task["stopCode"], task["stoppedReason"]) for task in stopped] == [
        ("UserInitiated", "drill")
    ]


async def test_runner_that_ends_says_so_and_nothing_is_waited_for(runner: Agent) -> None:
    await asyncio.to_thread(stacks.execute, "1")
    await until(stacks.ready)
    runner.ask_to_stop()
    await until(lambda: stacks.running_tasks() == [])
    await asyncio.to_thread(stacks.execute, "2")
    await until(lambda: stacks.status() == "UPDATE_COMPLETE")
    service = await asyncio.to_thread(stacks.described)
    assert service["deployments"][0]["rolloutState"] == "IN_PROGRESS"
