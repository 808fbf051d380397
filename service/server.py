"""Runs both transports and the engine, and stops them in order."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import grpc
import uvicorn

from service.assembly import Parts, assemble
from service.authentication import poll
from service.rpc.server import rpc_server
from service.settings import ServiceSettings, SettingsError

LAST_WORDS_SECONDS = 2  # for what was cancelled to say so to its clients, and connections to close

log = logging.getLogger("service.server")


async def serve(settings: ServiceSettings) -> None:
    """Serves until SIGTERM or SIGINT, then drains, and returns when nothing is left.

    A part that fails for good ends the process with its exception: ECS then replaces the task.
    """
    stop = stop_signal()
    with tempfile.TemporaryDirectory(prefix="llm-") as folder:
        parts = assemble(settings, socket_path=f"{folder}/engine.sock")
        try:
            async with transports(parts, settings), asyncio.TaskGroup() as tasks:
                background = [tasks.create_task(work) for work in background_work(parts, settings)]
                await stop.wait()
                await drain(parts, settings)
                for task in background:
                    task.cancel()
        finally:
            await parts.engine.close()
            parts.embedded.write()  # the period that the end cut short
    log.info("stopped")


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the transports listen; of use where the settings said 0, any free one."""

    http: int
    grpc: int


@asynccontextmanager
async def transports(parts: Parts, settings: ServiceSettings) -> AsyncIterator[Ports]:
    """REST and gRPC answer while the context is open; raises SettingsError if a port is taken."""
    rpc, rpc_port = bind_rpc(parts, settings)
    listener = bind_http(settings)
    rest = HttpServer(http_config(parts, settings))
    ports = Ports(http=listener.getsockname()[1], grpc=rpc_port)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(rest.serve([listener]))
        await rpc.start()
        log.info("listening", extra={"http_port": ports.http, "grpc_port": ports.grpc})
        try:
            yield ports
        finally:
            await rpc.stop(LAST_WORDS_SECONDS)
            rest.should_exit = True


def stop_signal() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def background_work(parts: Parts, settings: ServiceSettings) -> list[Coroutine[Any, Any, None]]:
    """What runs beside the transports until the end."""
    return [
        run_engine(parts),
        parts.embedded.publish(every_seconds=settings.metrics_period_seconds),
        poll(
            parts.authenticators.values(),
            every_seconds=settings.keys_poll_seconds,
            on_first_load=parts.health.set_keys_ready,
        ),
    ]


async def run_engine(parts: Parts) -> None:
    """The engine until the end, once its weights are here. Raises ModelError."""
    if parts.remote_model is not None:
        await parts.remote_model.fetch()
    await parts.supervisor.run()


async def drain(parts: Parts, settings: ServiceSettings) -> None:
    """Not ready; then no new work; then what runs ends, or is ended when the budget is spent."""
    log.info("draining", extra={"running": parts.gate.running, "waiting": parts.gate.waiting})
    deadline = asyncio.get_running_loop().time() + settings.drain_seconds
    parts.health.start_draining()
    if parts.health.was_ready:  # else no load balancer sends it anything yet
        await asyncio.sleep(settings.drain_lag_seconds)
    parts.gate.close()
    try:
        async with asyncio.timeout_at(deadline):
            await parts.gate.drained()
    except TimeoutError:
        log.warning("drain budget spent", extra={"cancelled": parts.gate.running})
        parts.inference.cancel_all()
        with suppress(TimeoutError):
            await asyncio.wait_for(parts.gate.drained(), LAST_WORDS_SECONDS)


def bind_http(settings: ServiceSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.http_host else socket.AF_INET
    try:
        return socket.create_server((settings.http_host, settings.http_port), family=family)
    except OSError as taken:
        raise cannot_listen("HTTP", settings.http_host, settings.http_port) from taken


def bind_rpc(parts: Parts, settings: ServiceSettings) -> tuple[grpc.aio.Server, int]:
    host, port = settings.grpc_host, settings.grpc_port
    try:
        return rpc_server(
            parts.rpc,
            parts.health,
            address=f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
            max_message_bytes=settings.max_body_bytes,
        )
    except RuntimeError as taken:
        raise cannot_listen("GRPC", host, port) from taken


def cannot_listen(transport: str, host: str, port: int) -> SettingsError:
    return SettingsError(
        f"LLM_{transport}_PORT: got {port}; {host}:{port} is taken or not ours to listen on: "
        "stop what listens there, or set another port"
    )


class HttpServer(uvicorn.Server):
    """uvicorn without its own signal handling, which would end the process with 143 and not 0."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def http_config(parts: Parts, settings: ServiceSettings) -> uvicorn.Config:
    return uvicorn.Config(
        parts.rest.app(),
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=int(settings.keep_alive_seconds),
        timeout_graceful_shutdown=LAST_WORDS_SECONDS,
    )
