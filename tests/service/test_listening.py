"""Where the transports cannot listen: which setting is at fault, and what to set."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from service.settings import SettingsError
from tests.service.conftest import running_service
from tests.service.scripted_engine import ScriptedEngine

OF_NOBODY = "192.0.2.1"  # RFC 5737: in documentation only


async def why_not(folder: Path, **fields: Any) -> str:
    with pytest.raises(SettingsError) as wrong:
        async with running_service(folder, ScriptedEngine(), **fields):
            pass
    return str(wrong.value)


@pytest.mark.parametrize("transport", ["http", "grpc"])
@pytest.mark.parametrize("host", [OF_NOBODY, "2001:db8::1", "two..dots"])
async def test_host_that_is_not_ours_is_named(tmp_path: Path, transport: str, host: str) -> None:
    told = await why_not(tmp_path, **{f"{transport}_host": host})
    assert told.startswith(f"LLM_{transport.upper()}_HOST: got {host!r}, which is no address of")


@pytest.mark.parametrize("transport", ["http", "grpc"])
async def test_port_that_is_taken_is_named(tmp_path: Path, transport: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = await why_not(tmp_path, **{f"{transport}_port": port})
    assert told.startswith(f"LLM_{transport.upper()}_PORT: got {port}; 127.0.0.1:{port} is taken")
