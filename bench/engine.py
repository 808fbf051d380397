"""The service's own engine process with a given file and other settings, asked directly."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from service.engine.parameters import EngineParameters
from service.engine.process import command
from service.engine.program import arguments
from service.model.trial.engine import Runner, TriedEngine, engine_session, parameters_for


@dataclass(frozen=True, kw_only=True)
class Variant:
    """What is other than in a task: of EngineParameters, of llama.cpp's own, of the environment.

    `llama` is for the wheel's engine, and `options` say the same to a `llama-server`.
    """

    ours: Mapping[str, Any] = field(default_factory=dict)
    llama: Mapping[str, Any] = field(default_factory=dict)
    options: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


AS_IN_A_TASK = Variant()


class Engine(TriedEngine):
    """And leaves it."""

    async def leave(self, prompt: list[int], *, after_seconds: float) -> None:
        """As a client that asks for a stream and goes away in the middle of its prompt."""
        body = {"prompt": prompt, "n_predict": 1, "stream": True, "return_progress": True}
        with suppress(TimeoutError):
            async with (
                asyncio.timeout(after_seconds),
                self.session.post("/completion", json=body) as left,
            ):
                await left.read()


@asynccontextmanager
async def engine_with(
    file: Path, runner: Runner, *, slots: int, variant: Variant = AS_IN_A_TASK
) -> AsyncIterator[Engine]:
    """As a task runs it, but for the prompt cache, which would hide what is measured."""
    parameters = replace(parameters_for(file, runner, slots=slots), **variant.ours)
    async with engine_session(
        parameters,
        partial(command_of, variant=variant),
        environment=os.environ | variant.environment,
    ) as session:
        yield Engine(session)


def command_of(parameters: EngineParameters, variant: Variant) -> list[str]:
    if not variant.llama:
        return command(parameters)
    if parameters.program:
        return [parameters.program, *arguments(parameters), *variant.options]
    changes = json.dumps(dict(variant.llama))
    return [sys.executable, "-m", "bench.varied_engine", parameters.to_json(), changes]
