"""Builds the engine's side of the service from its settings: process, client, weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from service.engine.client import EngineClient
from service.engine.parameters import EngineParameters
from service.engine.progress import ProgressWatch
from service.engine.supervisor import EngineSupervisor
from service.health import Health
from service.model.bundled import BUNDLED, bundled_model_path
from service.model.remote import RemoteModel
from service.settings import S3, Embeddings, ServiceSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """The engine's process, its client, and the weights where they have to be fetched first."""

    client: EngineClient
    supervisor: EngineSupervisor
    remote_model: RemoteModel | None


def engine_of(settings: ServiceSettings, health: Health, *, socket_path: str) -> Engine:
    remote = remote_model(settings, folder=Path(socket_path).parent)
    model_path = remote.file if remote else local_model_path(settings)
    watch = ProgressWatch(stall_seconds=settings.engine_stall_seconds)
    client = EngineClient(socket_path, watch)
    supervisor = EngineSupervisor(
        engine_parameters(settings, socket_path=socket_path, model_path=model_path),
        client,
        watch,
        on_change=health.set_engine,
        quote=settings.log_prompts,
    )
    return Engine(client=client, supervisor=supervisor, remote_model=remote)


def remote_model(settings: ServiceSettings, *, folder: Path) -> RemoteModel | None:
    if not settings.model_path.startswith(S3):
        return None
    return RemoteModel(
        settings.model_path,
        file=folder / "model.gguf",
        sha256=settings.model_sha256,
        within_seconds=settings.model_fetch_seconds,
    )


def local_model_path(settings: ServiceSettings) -> Path:
    bundled = settings.model_path == BUNDLED
    return bundled_model_path() if bundled else Path(settings.model_path)


def engine_parameters(
    settings: ServiceSettings, *, socket_path: str, model_path: Path
) -> EngineParameters:
    return EngineParameters(
        socket_path=socket_path,
        model_path=str(model_path),
        model_name=settings.model_name,
        threads=settings.engine_threads,
        slots=settings.slots,
        context_tokens=settings.context_tokens,
        batch_tokens=settings.batch_tokens,
        prompt_cache_mib=settings.prompt_cache_mib,
        max_output_tokens=settings.max_output_tokens,
        embeddings="" if settings.embeddings is Embeddings.OFF else settings.embeddings,
    )
