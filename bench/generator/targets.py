"""What is asked: a server, by one of its ways."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import psutil

from bench.endpoints import Endpoint
from bench.streams import COMPLETIONS, Ask, AskError, over_grpc, over_http

GREEDY = {"temperature": 0}
ANSWER_SECONDS = 30  # a count is told at once

Count = Callable[[str], Awaitable[int]]
"""The tokens of a text. Raises AskError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """`series` tells a server's targets apart: none is asked prompts that its server has seen."""

    name: str
    endpoint: Endpoint
    ask: Ask
    count: Count | None = None
    series: int = 0

    def cpu_seconds(self) -> float | None:
        """Of all its processes since they began."""
        if not self.endpoint.processes:
            return None
        return sum(spent(process) for process in self.endpoint.processes)


def spent(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


@asynccontextmanager
async def rest_target(
    endpoint: Endpoint, *, path: str = COMPLETIONS, key: str = ""
) -> AsyncIterator[Target]:
    """A connection for each request: a server may close one that idles just when it is used."""
    headers = {"authorization": f"Bearer {key}"} if key else {}
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    fields = {"model": endpoint.model} | GREEDY
    async with over_http(
        endpoint.url, connector=connector, path=path, headers=headers, **fields
    ) as ask:
        yield Target(name=endpoint.name, endpoint=endpoint, ask=ask, count=counter(endpoint))


@asynccontextmanager
async def grpc_target(endpoint: Endpoint) -> AsyncIterator[Target]:
    assert endpoint.grpc_port is not None
    async with over_grpc(endpoint.grpc_port, model=endpoint.model, **GREEDY) as ask:
        yield Target(name=f"{endpoint.name}, gRPC", endpoint=endpoint, ask=ask, series=1)


def counter(endpoint: Endpoint) -> Count | None:
    """For a server whose streams tell no usage, but that counts a text's tokens."""
    if not endpoint.count_path:
        return None

    async def count(text: str) -> int:
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(endpoint.url, timeout=timeout) as session,
                session.post(endpoint.count_path, json={"input": text}) as response,
            ):
                response.raise_for_status()
                counted: dict[str, Any] = await response.json()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise AskError("not counted", repr(error)) from error
        return int(counted["count"])

    return count
