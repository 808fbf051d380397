"""The service's own engine process with a given file, asked directly."""

from __future__ import annotations

import asyncio
import math
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import aiohttp
import orjson

from service.engine.parameters import EngineParameters
from service.engine.process import command
from service.model.errors import ModelError

START_SECONDS: Final = 300  # a large file may have to come from disk
POLL_SECONDS: Final = 0.05
ANSWER_SECONDS: Final = 600
ERROR_BYTES: Final = 2000
BATCH_TOKENS: Final = 64  # by default (service/settings.py)
CONTEXT_TOKENS: Final = 1024

Likelihoods = dict[int, float]


@dataclass(frozen=True, slots=True)
class Runner:
    """What computes: on so many threads the wheel's engine, or the `program`, a `llama-server`."""

    threads: int
    program: str = ""


class TriedEngine:
    """llama.cpp's own endpoints, which tell likelihoods and timings."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session

    async def tokens(self, text: str) -> list[int]:
        ids: list[int] = (await self._post("/tokenize", {"content": text}))["tokens"]
        return ids

    async def complete(self, prompt: list[int], *, tokens: int, **fields: Any) -> dict[str, Any]:
        """Exactly `tokens` more, the most likely each time."""
        body = {"prompt": prompt, "n_predict": tokens, "temperature": 0, "ignore_eos": True}
        return await self._post("/completion", body | {"cache_prompt": False} | fields)

    async def likelihoods(
        self, prompt: list[int], *, slot: int, likely: int, sampled: int
    ) -> Likelihoods:
        """Of the `likely` likeliest next tokens. What the slot knows of the prompt is kept.

        It is made to go on with `sampled`, a token of whole characters: for an end, or a part of a
        character, it tells none. What it tells is from before that.
        """
        body = {"prompt": prompt, "n_predict": 1, "temperature": 0, "n_probs": likely}
        body |= {"id_slot": slot, "cache_prompt": True, "logit_bias": [[sampled, 1000.0]]}
        answer = await self._post("/completion", body)
        (position,) = answer["completion_probabilities"]
        return {item["id"]: math.exp(item["logprob"]) for item in position["top_logprobs"]}

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        async with self.session.post(path, json=body) as response:
            answer: dict[str, Any] = orjson.loads(await response.read())
            if response.status != 200:
                raise ModelError(f"the engine refuses {path}: {answer.get('error', answer)}")
            return answer


def parameters_for(file: Path, runner: Runner, *, slots: int) -> EngineParameters:
    """A task's, but for the prompt cache, which would hide what is measured, and for the socket."""
    return EngineParameters(
        socket_path="",
        model_path=str(file),
        model_name="tried",
        threads=runner.threads,
        program=runner.program,
        slots=slots,
        context_tokens=CONTEXT_TOKENS,
        batch_tokens=BATCH_TOKENS,
        prompt_cache_mib=0,
        max_output_tokens=CONTEXT_TOKENS,
    )


@asynccontextmanager
async def engine_with(file: Path, runner: Runner, *, slots: int) -> AsyncIterator[TriedEngine]:
    """As a task runs it. Raises ModelError where it does not come up with this file."""
    parameters = parameters_for(file, runner, slots=slots)
    async with engine_session(parameters, command) as session:
        yield TriedEngine(session)


@asynccontextmanager
async def engine_session(
    parameters: EngineParameters,
    command_of: Callable[[EngineParameters], list[str]],
    *,
    environment: Mapping[str, str] = os.environ,
) -> AsyncIterator[aiohttp.ClientSession]:
    """The process, and connections to its socket. Raises ModelError where it does not come up."""
    with tempfile.TemporaryDirectory(prefix="llm-") as folder, tempfile.TemporaryFile() as told:
        parameters = replace(parameters, socket_path=f"{folder}/engine.sock")
        process = subprocess.Popen(  # noqa: ASYNC220 - it returns at once
            command_of(parameters),
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=told,
        )
        # One connection per request: pooled ones fail over this socket.
        connector = aiohttp.UnixConnector(parameters.socket_path, force_close=True)
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        try:
            async with aiohttp.ClientSession(
                "http://engine", connector=connector, timeout=timeout
            ) as session:
                if not await comes_up(process, session):
                    told.seek(0)
                    said = told.read()[-ERROR_BYTES:].decode(errors="replace").strip()
                    file = parameters.model_path
                    raise ModelError(f"{file}: the engine does not run it; it said: {said}")
                yield session
        finally:
            process.kill()
            process.communicate()


async def comes_up(process: subprocess.Popen[bytes], session: aiohttp.ClientSession) -> bool:
    """Whether it answers for its model, before it ends or time is up."""
    for _ in range(int(START_SECONDS / POLL_SECONDS)):
        if process.poll() is not None:
            return False
        try:
            async with session.get("/health") as response:
                if response.status == 200:
                    return True
        except (aiohttp.ClientError, OSError):
            pass  # it does not listen yet
        await asyncio.sleep(POLL_SECONDS)
    return False
