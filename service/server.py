"""Runs both transports and the engine, and stops them in order."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import grpc
import uvicorn

from service.assembly import Parts, assemble
from service.authentication import poll
from service.early_refusals import EarlyRefusals
from service.rest.connection_limits import ConnectionLimits
from service.rest.exchanges import Exchanges
from service.rest.protocol import LimitedProtocol, protocol_with
from service.rpc.limits import RpcLimits
from service.rpc.server import rpc_server
from service.settings import ServiceSettings, SettingsError

# Of one answer, in the kernel, which without a limit takes 4 MiB for each client that does not
# read. 64 KiB in 100 ms, a far client's round trip, are 650 kB/s; a stream of tokens needs 30.
SEND_BUFFER_BYTES = 1 << 16
LOOK_SECONDS = 0.05  # between two looks at what is still being sent
LAST_WORDS_SECONDS = 2  # for what was cancelled to say so to its clients, and connections to close

log = logging.getLogger("service.server")


async def serve(
    settings: ServiceSettings, *, socket_path: str, engine_process: Process | None
) -> None:
    """Serves until SIGTERM or SIGINT, then drains, and returns when nothing is left.

    A part that fails for good ends the process with its exception: ECS then replaces the task.
    """
    stop = stop_signal()
    parts = assemble(settings, socket_path=socket_path, engine_process=engine_process)
    try:
        async with transports(parts, settings) as listening, asyncio.TaskGroup() as tasks:
            background = [tasks.create_task(work) for work in background_work(parts, settings)]
            await stop.wait()
            await drain(parts, settings, listening)
            for task in background:
                task.cancel()
    finally:
        parts.embedded.close()  # with the period that the end cut short
        if parts.traces is not None:
            await parts.traces.close()
    log.info("stopped")


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the transports listen; of use where the settings said 0, any free one."""

    http: int
    grpc: int


@dataclass(frozen=True, slots=True)
class Transports:
    """Both, while they answer. `unfinished` are those who have asked and not got all of it yet."""

    ports: Ports
    unfinished: Callable[[], frozenset[object]]


@asynccontextmanager
async def transports(parts: Parts, settings: ServiceSettings) -> AsyncIterator[Transports]:
    """REST and gRPC answer while the context is open; raises SettingsError if a port is taken."""
    refusals = EarlyRefusals(parts.metrics.registry)
    rpc, rpc_port = bind_rpc(parts, settings, refusals)
    listener = bind_http(settings)
    rest = HttpServer(http_config(parts, settings, refusals))
    parts.metrics.gauge(
        "llm_http_connections",
        "HTTP connections that are open, idle ones included.",
        lambda: len(rest.server_state.connections),
    )
    ports = Ports(http=listener.getsockname()[1], grpc=rpc_port)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(rest.serve([listener]))
        await rpc.start()
        log.info("listening", extra={"http_port": ports.http, "grpc_port": ports.grpc})
        try:
            yield Transports(ports, lambda: rest.unfinished() | parts.rpc.open_calls.now())
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


async def drain(parts: Parts, settings: ServiceSettings, transports: Transports) -> None:
    """Not ready; then no new work; then what runs ends and is sent, or is ended when the budget is
    spent."""
    log.info("draining", extra={"running": parts.gate.running, "waiting": parts.gate.waiting})
    deadline = asyncio.get_running_loop().time() + settings.drain_seconds
    parts.health.start_draining()
    if parts.health.started:  # else no load balancer sends it anything yet
        await asyncio.sleep(settings.drain_lag_seconds)
    parts.gate.close()
    try:
        async with asyncio.timeout_at(deadline):
            await parts.gate.drained()
            await all_sent(transports)
    except TimeoutError:
        lost = {"cancelled": parts.gate.running, "unfinished": len(transports.unfinished())}
        log.warning("drain budget spent", extra=lost)
        parts.inference.cancel_all()
        with suppress(TimeoutError):
            await asyncio.wait_for(parts.gate.drained(), LAST_WORDS_SECONDS)


async def all_sent(transports: Transports) -> None:
    """Returns when nobody waits who waits now; whoever comes later is refused, and soon gone."""
    waiting = transports.unfinished()
    while waiting := waiting & transports.unfinished():  # noqa: ASYNC110  # nothing tells of it
        await asyncio.sleep(LOOK_SECONDS)


def bind_http(settings: ServiceSettings) -> socket.socket:
    host, port = settings.http_host, settings.http_port
    try:
        listener = socket.create_server((host, port), family=family_of(host))
    except (OSError, UnicodeError) as taken:
        raise cannot_listen("HTTP", host, port) from taken
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)  # its connections'
    # Theirs too. uvloop sets it anyway, and asyncio's own loop not on such a socket: there each
    # answer waits 40 ms for the client's delayed acknowledgement (measured).
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def family_of(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def bind_rpc(
    parts: Parts, settings: ServiceSettings, refusals: EarlyRefusals
) -> tuple[grpc.aio.Server, int]:
    host, port = settings.grpc_host, settings.grpc_port
    try:
        return rpc_server(
            parts.rpc,
            parts.health,
            address=f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
            limits=RpcLimits(
                message_bytes=settings.max_body_bytes,
                metadata_bytes=settings.max_header_bytes,
                connections=settings.max_connections,
                streams=settings.max_grpc_streams,
                handshake_seconds=settings.header_seconds,
                idle_seconds=settings.keep_alive_seconds,
            ),
            refusals=refusals,
        )
    except RuntimeError as taken:
        raise cannot_listen("GRPC", host, port) from taken


def cannot_listen(transport: str, host: str, port: int) -> SettingsError:
    """Whichever is at fault, the host or the port."""
    try:
        socket.create_server((host, 0), family=family_of(host)).close()
    except (OSError, UnicodeError):
        return SettingsError(
            f"LLM_{transport}_HOST: got {host!r}, which is no address of this machine; "
            "set one, like 127.0.0.1, or 0.0.0.0 for all that it has"
        )
    return SettingsError(
        f"LLM_{transport}_PORT: got {port}; {host}:{port} is taken or not ours to listen on: "
        "stop what listens there, or set another port"
    )


class HttpServer(uvicorn.Server):
    """uvicorn without its own signal handling, which would end the process with 143 and not 0."""

    def unfinished(self) -> frozenset[object]:
        """The connections with an answer that its client does not have yet."""
        connections = self.server_state.connections
        return frozenset(
            each for each in connections if isinstance(each, LimitedProtocol) and each.is_unfinished
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def http_config(parts: Parts, settings: ServiceSettings, refusals: EarlyRefusals) -> uvicorn.Config:
    return uvicorn.Config(
        Exchanges(parts.rest.app(), stall_seconds=settings.client_stall_seconds),
        http=protocol_with(connection_limits(settings), refusals),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # it would believe whoever connects from this machine
        timeout_keep_alive=int(settings.keep_alive_seconds),
        timeout_graceful_shutdown=LAST_WORDS_SECONDS,
    )


def connection_limits(settings: ServiceSettings) -> ConnectionLimits:
    return ConnectionLimits(
        connections=settings.max_connections,
        header_bytes=settings.max_header_bytes,
        header_seconds=settings.header_seconds,
        stall_seconds=settings.client_stall_seconds,
    )
