"""The service's own engine process with a given file, asked directly."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp

from service.engine.client import EngineClient
from service.engine.parameters import EngineParameters
from service.engine.progress import ProgressWatch

START_SECONDS = 60
POLL_SECONDS = 0.05

PATH = "/completion"

Answer = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Variant:
    """What is other than in a task: of EngineParameters, of llama.cpp's own, of the environment."""

    ours: Mapping[str, Any] = field(default_factory=dict)
    llama: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


AS_IN_A_TASK = Variant()


class Engine:
    """llama.cpp's own endpoints, which tell probabilities and timings."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def tokens(self, text: str) -> list[int]:
        ids: list[int] = (await self._post("/tokenize", {"content": text}))["tokens"]
        return ids

    async def complete(self, prompt: list[int], *, tokens: int, **fields: Any) -> Answer:
        """Exactly `tokens` more, the most likely each time."""
        body = {"prompt": prompt, "n_predict": tokens, "temperature": 0, "ignore_eos": True}
        return await self._post(PATH, body | fields)

    async def leave(self, prompt: list[int], *, after_seconds: float) -> None:
        """As a client that asks for a stream and goes away in the middle of its prompt."""
        body = {"prompt": prompt, "n_predict": 1, "stream": True, "return_progress": True}
        with suppress(TimeoutError):
            async with asyncio.timeout(after_seconds), self._session.post(PATH, json=body) as left:
                await left.read()

    async def _post(self, path: str, body: dict[str, Any]) -> Answer:
        async with self._session.post(path, json=body) as response:
            response.raise_for_status()
            answer: Answer = await response.json()
            return answer


@asynccontextmanager
async def engine_with(
    file: Path, *, threads: int, slots: int, variant: Variant = AS_IN_A_TASK
) -> AsyncIterator[Engine]:
    """As a task runs it, but for the prompt cache, which would hide what is measured."""
    with tempfile.TemporaryDirectory(prefix="llm-") as folder:
        parameters = EngineParameters(
            socket_path=f"{folder}/engine.sock",
            model_path=str(file),
            model_name="measured",
            threads=threads,
            slots=slots,
            context_tokens=1024,
            batch_tokens=64,
            prompt_cache_mib=0,
            max_output_tokens=512,
        )
        process = subprocess.Popen(  # noqa: ASYNC220 - it returns at once
            command(replace(parameters, **variant.ours), variant),
            env=os.environ | variant.environment,
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        try:
            await started(parameters.socket_path)
            connector = aiohttp.UnixConnector(parameters.socket_path, force_close=True)
            async with aiohttp.ClientSession("http://engine", connector=connector) as session:
                yield Engine(session)
        finally:
            process.kill()
            process.communicate()


def command(parameters: EngineParameters, variant: Variant) -> list[str]:
    if not variant.llama:
        return [sys.executable, "-m", "service.engine.child", parameters.to_json()]
    changes = json.dumps(dict(variant.llama))
    return [sys.executable, "-m", "bench.varied_engine", parameters.to_json(), changes]


async def started(socket_path: str) -> None:
    client = EngineClient(socket_path, ProgressWatch(stall_seconds=START_SECONDS))
    try:
        async with asyncio.timeout(START_SECONDS):
            while not await client.is_healthy():  # noqa: ASYNC110 - it tells no events
                await asyncio.sleep(POLL_SECONDS)
    finally:
        await client.close()
