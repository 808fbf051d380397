"""Starts the engine's process from the settings; imports little, so that it can be first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from service.engine.parameters import EngineParameters
from service.engine.process import check_program, start_process
from service.model.bundled import BUNDLED, bundled_model_path
from service.settings import S3, Embeddings, ServiceSettings


@asynccontextmanager
async def first_engine(
    settings: ServiceSettings, *, socket_path: str
) -> AsyncIterator[asyncio.subprocess.Process | None]:
    """The engine's first process, which loads the weights meanwhile; none where they have to be
    fetched. Killed at the end, should nobody have ended it. Raises FileNotFoundError where there
    is no model."""
    if is_remote(settings):
        yield None
        return
    process = await start_process(engine_parameters(settings, socket_path=socket_path))
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def is_remote(settings: ServiceSettings) -> bool:
    return settings.model_path.startswith(S3)


def model_file(settings: ServiceSettings, *, folder: Path) -> Path:
    """Where the weights lie, or will when they are fetched."""
    if is_remote(settings):
        return folder / "model.gguf"
    bundled = settings.model_path == BUNDLED
    return bundled_model_path() if bundled else Path(settings.model_path)


def engine_parameters(settings: ServiceSettings, *, socket_path: str) -> EngineParameters:
    """Raises FileNotFoundError where there is no model, or not the program that is set."""
    check_program(settings.engine_program)
    file = model_file(settings, folder=Path(socket_path).parent)
    return EngineParameters(
        socket_path=socket_path,
        model_path=str(file),
        model_name=settings.model_name,
        threads=settings.engine_threads,
        slots=settings.slots,
        context_tokens=settings.context_tokens,
        batch_tokens=settings.batch_tokens,
        prompt_cache_mib=settings.prompt_cache_mib,
        max_output_tokens=settings.max_output_tokens,
        embeddings="" if settings.embeddings is Embeddings.OFF else settings.embeddings,
        draft_tokens=settings.draft_tokens,
        match_tokens=settings.match_tokens,
        program=settings.engine_program,
    )
