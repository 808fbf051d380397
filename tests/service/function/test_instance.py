"""What outlives an invocation, with fakes around it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.types import Receive, Scope, Send

from service.function import instance
from service.function.instance import FunctionInstance
from service.health import Health
from service.settings import ServiceSettings

CONTEXT = cast(Any, SimpleNamespace(aws_request_id="of the test"))


class FailingSupervisor:
    """Cannot start an engine at first, as where there is no memory for a process."""

    def __init__(self) -> None:
        self.runs = 0

    async def run(self) -> None:
        self.runs += 1
        if self.runs == 1:
            raise OSError("Cannot allocate memory")


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})


@pytest.fixture
def supervisor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FailingSupervisor]:
    """That of the instances which the test makes."""
    failing = FailingSupervisor()
    rest = SimpleNamespace(app=lambda: answer)
    parts = SimpleNamespace(health=Health(), supervisor=failing, rest=rest)
    monkeypatch.setattr(instance, "assemble", lambda settings, **others: parts)
    # An instance never gives its folder back: it ends with its process.
    folder = SimpleNamespace(name=str(tmp_path))
    monkeypatch.setattr("tempfile.TemporaryDirectory", lambda prefix: folder)
    monkeypatch.setattr(instance, "INIT_WAIT_SECONDS", 0.01)
    yield failing
    asyncio.get_event_loop().close()
    asyncio.set_event_loop(None)


def test_supervision_that_failed_begins_anew_with_the_next_invocation(
    supervisor: FailingSupervisor, caplog: pytest.LogCaptureFixture
) -> None:
    function = FunctionInstance(
        ServiceSettings.model_validate({"rest_auth": "off", "grpc_auth": "off"})
    )
    function({"prompt": "Hi"}, CONTEXT)
    assert supervisor.runs == 2
    assert "Cannot allocate memory" in caplog.text
