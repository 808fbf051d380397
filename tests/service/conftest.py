"""The service in this process: a scripted engine behind it, both transports on free ports."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from service.assembly import Parts, assemble
from service.keys import KeyRing, StoredKey, StoredKeys
from service.server import Ports, transports
from service.settings import ServiceSettings
from tests.service.scripted_engine import ScriptedEngine
from tests.service.transports import Transport, rest_transport, rpc_transport

KEY = "sk-of-a-test"
STORED = StoredKeys(
    keys=(StoredKey(name="tester", sha256=hashlib.sha256(KEY.encode()).hexdigest()),)
)


@dataclass(frozen=True)
class Service:
    parts: Parts
    ports: Ports
    settings: ServiceSettings
    engine: ScriptedEngine


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


@asynccontextmanager
async def running_service(
    folder: Path, engine: ScriptedEngine, *, keys_ready: bool = True, **fields: Any
) -> AsyncIterator[Service]:
    defaults = {"http_port": 0, "grpc_port": 0, "keys_source": "file:unused", "slots": 2}
    settings = ServiceSettings.model_validate(defaults | fields)
    socket_path = str(folder / "engine.sock")
    parts = assemble(settings, socket_path=socket_path)
    for authenticator in parts.authenticators.values():
        if isinstance(authenticator, KeyRing):
            authenticator.replace(STORED)
    parts.health.set_engine_ready(True)
    if keys_ready:
        parts.health.set_keys_ready()
    async with engine.listening(socket_path), transports(parts, settings) as ports:
        yield Service(parts, ports, settings, engine)
    await parts.engine.close()


@pytest.fixture
async def service(
    tmp_path: Path, engine: ScriptedEngine, request: pytest.FixtureRequest
) -> AsyncIterator[Service]:
    """A service; `@pytest.mark.settings(...)` sets what the test needs otherwise."""
    marker = request.node.get_closest_marker("settings")
    async with running_service(tmp_path, engine, **(marker.kwargs if marker else {})) as running:
        yield running


@pytest.fixture(params=["rest", "grpc"])
async def transport(request: pytest.FixtureRequest, service: Service) -> AsyncIterator[Transport]:
    """Each transport in turn, with a good key."""
    if request.param == "rest":
        async with rest_transport(service.ports.http, key=KEY) as rest:
            yield rest
    else:
        async with rpc_transport(service.ports.grpc, key=KEY) as rpc:
            yield rpc
