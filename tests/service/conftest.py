"""The service in this process: a scripted engine behind it, both transports on free ports."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvloop

from service.assembly import Parts, assemble
from service.embedded_metrics import count_by_outcome
from service.engine.capabilities import Capabilities
from service.health import EngineState
from service.keys import KeyRing, StoredKey, StoredKeys
from service.server import Ports, Transports, transports
from service.settings import ServiceSettings
from tests.service.process import ServiceProcess, service_process
from tests.service.scripted_engine import ScriptedEngine
from tests.service.transports import Transport, rest_transport, rpc_transport

KEY = "sk-of-a-test"


def stored(**fields: Any) -> StoredKeys:
    """The document with KEY in it, with these fields of a stored key besides."""
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    return StoredKeys(keys=(StoredKey(name="tester", sha256=digest, **fields),))


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The service's own loop: what a connection buffers, and when, is the loop's doing."""
    return {"uvloop": uvloop.new_event_loop}


@dataclass(frozen=True)
class Service:
    parts: Parts
    transports: Transports
    settings: ServiceSettings
    engine: ScriptedEngine

    @property
    def ports(self) -> Ports:
        return self.transports.ports

    def outcomes(self) -> dict[str, float]:
        """How the requests ended, as the metrics count them."""
        counted = count_by_outcome(self.parts.metrics.requests)
        return {outcome: count for outcome, count in counted.items() if count}

    def replace_keys(self, keys: StoredKeys) -> None:
        """As the next poll would."""
        for authenticator in self.parts.authenticators.values():
            if isinstance(authenticator, KeyRing):
                authenticator.replace(keys)


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
    parts.engine.capabilities = Capabilities()
    parts.health.set_engine(EngineState.READY)
    if keys_ready:
        parts.health.set_keys_ready()
    async with engine.listening(socket_path), transports(parts, settings) as listening:
        running = Service(parts, listening, settings, engine)
        running.replace_keys(stored())
        yield running


@pytest.fixture
async def service(
    tmp_path: Path, engine: ScriptedEngine, request: pytest.FixtureRequest
) -> AsyncIterator[Service]:
    """A service; `@pytest.mark.settings(...)` sets what the test needs otherwise."""
    marker = request.node.get_closest_marker("settings")
    async with running_service(tmp_path, engine, **(marker.kwargs if marker else {})) as running:
        yield running


@pytest.fixture
async def client(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """Over HTTP, with a good key."""
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{service.ports.http}",
        headers={"authorization": f"Bearer {KEY}"},
    ) as http:
        yield http


@pytest.fixture
async def both(service: Service) -> AsyncIterator[tuple[Transport, Transport]]:
    """REST and gRPC, with a good key."""
    async with (
        rest_transport(service.ports.http, key=KEY) as rest,
        rpc_transport(service.ports.grpc, key=KEY) as rpc,
    ):
        yield rest, rpc


@pytest.fixture(params=["rest", "grpc"])
def transport(request: pytest.FixtureRequest, both: tuple[Transport, Transport]) -> Transport:
    """Each transport in turn."""
    return both[0] if request.param == "rest" else both[1]


@pytest.fixture(scope="module")
def keys_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("keys") / "keys.json"
    file.write_text(stored().model_dump_json(exclude_none=True))
    return file


@pytest.fixture(scope="module")
def shared(keys_file: Path) -> Iterator[ServiceProcess]:
    """One process for the tests that leave it as they found it."""
    with service_process(LLM_KEYS_SOURCE=f"file:{keys_file}") as service:
        service.wait_until_ready()
        yield service


@pytest.fixture
def own(keys_file: Path) -> Iterator[ServiceProcess]:
    """A process of the test's own, to be hurt."""
    with service_process(LLM_KEYS_SOURCE=f"file:{keys_file}") as service:
        service.wait_until_ready()
        yield service
