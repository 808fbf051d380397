"""Builds the engine's side of the service from its settings: process, client, weights."""

from __future__ import annotations

from asyncio.subprocess import Process
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from service.engine.client import EngineClient
from service.engine.progress import ProgressWatch
from service.engine.supervisor import EngineSupervisor
from service.engine_start import engine_parameters, is_remote, model_file
from service.health import Health
from service.settings import ServiceSettings

if TYPE_CHECKING:
    from service.model.remote import RemoteModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """The engine's process, its client, and the weights where they have to be fetched first."""

    client: EngineClient
    supervisor: EngineSupervisor
    remote_model: RemoteModel | None


def engine_of(
    settings: ServiceSettings, health: Health, *, socket_path: str, started: Process | None
) -> Engine:
    watch = ProgressWatch(stall_seconds=settings.engine_stall_seconds)
    client = EngineClient(socket_path, watch)
    supervisor = EngineSupervisor(
        engine_parameters(settings, socket_path=socket_path),
        client,
        watch,
        on_change=health.set_engine,
        quote=settings.log_prompts,
        started=started,
    )
    remote = remote_model(settings, folder=Path(socket_path).parent)
    return Engine(client=client, supervisor=supervisor, remote_model=remote)


def remote_model(settings: ServiceSettings, *, folder: Path) -> RemoteModel | None:
    if not is_remote(settings):
        return None
    # Here, because only this needs aiohttp, which takes a tenth of a second.
    from service.model.remote import RemoteModel

    return RemoteModel(
        settings.model_path,
        file=model_file(settings, folder=folder),
        sha256=settings.model_sha256,
        within_seconds=settings.model_fetch_seconds,
    )
