"""Live, started and ready: three questions with answers of their own."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from service.health import EngineState, Health
from tests.service.conftest import Service, running_service
from tests.service.scripted_engine import ScriptedEngine


def ready() -> Health:
    health = Health()
    health.set_engine(EngineState.READY)
    health.set_keys_ready()
    return health


def test_task_is_ready_with_an_engine_and_keys() -> None:
    health = Health()
    health.set_engine(EngineState.READY)
    assert (health.ready, health.status) == (False, "waiting for keys")
    health.set_keys_ready()
    assert (health.ready, health.status) == (True, "ready")


@pytest.mark.parametrize("state", [EngineState.STALLED, EngineState.RESTARTING])
def test_started_task_stays_started(state: EngineState) -> None:
    health = ready()
    health.set_engine(state)
    assert (health.ready, health.started, health.status) == (False, True, state)
    health.set_engine(EngineState.READY)
    assert health.ready


def test_draining_task_is_never_ready_again() -> None:
    health = ready()
    health.start_draining()
    health.set_engine(EngineState.READY)
    assert (health.ready, health.started, health.status) == (False, True, "draining")


def test_watchers_are_told_now_and_at_each_change() -> None:
    health, told = ready(), list[bool]()
    health.watch(told.append)
    health.set_engine(EngineState.STALLED)
    health.set_engine(EngineState.READY)
    assert told == [True, False, True]


async def test_task_that_still_loads_is_alive_and_neither_started_nor_ready(
    tmp_path: Path, engine: ScriptedEngine
) -> None:
    async with running_service(tmp_path, engine, keys_ready=False) as service:
        url = f"http://127.0.0.1:{service.ports.http}/health/"
        async with httpx.AsyncClient(base_url=url) as client:
            answers = {name: await client.get(name) for name in ("live", "startup", "ready")}
    statuses = {name: answer.status_code for name, answer in answers.items()}
    assert statuses == {"live": 200, "startup": 503, "ready": 503}
    assert answers["startup"].json() == {"status": "waiting for keys"}


@pytest.mark.parametrize("state", [EngineState.RESTARTING, EngineState.STALLED])
async def test_engine_that_is_lost_fails_readiness_and_nothing_else(
    service: Service, client: httpx.AsyncClient, state: EngineState
) -> None:
    assert (await client.get("/health/ready")).status_code == 200
    service.parts.health.set_engine(state)
    not_ready = await client.get("/health/ready")
    assert (not_ready.status_code, not_ready.json()["status"]) == (503, state)
    assert (await client.get("/health/live")).status_code == 200
    assert (await client.get("/health/startup")).status_code == 200


async def test_draining_is_not_ready_but_alive_and_closes_connections(
    service: Service, client: httpx.AsyncClient
) -> None:
    service.parts.health.start_draining()
    not_ready = await client.get("/health/ready")
    assert (not_ready.status_code, not_ready.json()["status"]) == (503, "draining")
    assert not_ready.headers["connection"] == "close"
    assert (await client.get("/health/live")).status_code == 200


async def test_task_is_not_ready_before_its_keys_were_read_once(
    tmp_path: Path, engine: ScriptedEngine
) -> None:
    async with running_service(tmp_path, engine, keys_ready=False) as service:
        url = f"http://127.0.0.1:{service.ports.http}/health/ready"
        async with httpx.AsyncClient() as http:
            assert (await http.get(url)).status_code == 503
            service.parts.health.set_keys_ready()
            assert (await http.get(url)).status_code == 200
