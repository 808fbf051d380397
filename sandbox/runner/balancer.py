"""A TCP load balancer: one address in front of the ready tasks.

Target groups have their shares by weight; within one the task with the fewest connections is next.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from .shares import Shares
from .traffic import Traffic

log = logging.getLogger(__name__)

CONNECT_SECONDS = 2.0
WAIT_FOR_TARGET_SECONDS = 10.0
"""How long a client that asks waits for a ready task: a task's restart."""
IDLE_SECONDS = 60.0
"""Of a client that has no task; a load balancer's own default."""
CHUNK_BYTES = 64 * 1024

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(eq=False)
class Backend:
    """A task's port, and the connections that it holds."""

    name: str
    port: int
    group: str
    leaving: asyncio.Event = field(default_factory=asyncio.Event)
    """It gets nothing new: it drains, or its group has no share."""
    connections: set[Traffic] = field(default_factory=set)


class Balancer:
    """Accepts on one port and relays to the ready tasks."""

    def __init__(
        self,
        port: int,
        *,
        wait_seconds: float = WAIT_FOR_TARGET_SECONDS,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self.port = port
        self._wait_seconds = wait_seconds
        self._idle_seconds = idle_seconds
        self._ready: dict[str, Backend] = {}
        self._doubted: dict[str, Backend] = {}
        self._draining: dict[str, Backend] = {}
        self._shares = Shares()
        self._changed = asyncio.Condition()
        self._server: asyncio.Server | None = None
        self._relays: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and cut what is left."""
        if self._server is not None:
            self._server.close()
        for relay in list(self._relays):
            relay.cancel()
        await asyncio.gather(*self._relays, return_exceptions=True)

    def stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()

    async def add(self, name: str, port: int, group: str = "") -> None:
        """Send new connections to this task of a target group too."""
        if name not in self._ready:
            known = self._doubted.pop(name, None) or self._draining.pop(name, None)
            backend = known or Backend(name, port, group)
            self._ready[name] = backend
            self._mark(backend)
            await self._tell()

    async def weigh(self, weights: Mapping[str, float]) -> None:
        """Divide the traffic between target groups; those that are not named share all equally."""
        if self._shares.set(weights):
            for backend in self._ready.values():
                self._mark(backend)
            await self._tell()

    async def _tell(self) -> None:
        """Those who wait for a task look again."""
        async with self._changed:
            self._changed.notify_all()

    def _mark(self, backend: Backend) -> None:
        """Clients of a group without a share go on with another, as after a change of a rule."""
        if not self._shares.has(backend.group):
            backend.leaving.set()
        elif backend.leaving.is_set():
            backend.leaving = asyncio.Event()

    async def doubt(self, name: str) -> None:
        """A task that was ready is unhealthy: the ready ones of its group go before it.

        "If a target group contains only unhealthy registered targets, the load balancer routes
        requests to all those targets": docs.aws.amazon.com/elasticloadbalancing, health checks for
        your target groups.
        """
        backend = self._ready.pop(name, None)
        if backend is not None:
            backend.leaving.set()
            self._doubted[name] = backend
            await self._tell()

    def remove(self, name: str) -> None:
        """Send nothing new to this task; the requests that it has go on."""
        backend = self._ready.pop(name, None) or self._doubted.pop(name, None)
        if backend is not None:
            backend.leaving.set()
            self._draining[name] = backend

    def forget(self, name: str) -> None:
        self.remove(name)
        self._draining.pop(name, None)

    def connections(self, name: str) -> int:
        backend = (self._ready | self._doubted | self._draining).get(name)
        return len(backend.connections) if backend else 0

    def busy(self, name: str) -> bool:
        """Whether a task that was removed still has requests in flight."""
        backend = self._draining.get(name)
        return backend is not None and any(item.busy for item in backend.connections)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        current = asyncio.current_task()
        assert current is not None
        self._relays.add(current)
        try:
            await self._serve(reader, writer)
        except asyncio.CancelledError:
            pass  # close() cuts us; asyncio would log the cancellation as an error
        finally:
            self._relays.discard(current)
            await _close(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A client has no task until it asks something, so none can leave with its request."""
        while words := await self._next_words(reader):
            if not await self._pass_on(words, (reader, writer)):
                return

    async def _next_words(self, reader: asyncio.StreamReader) -> bytes:
        """What a client says next; nothing where it has left, or is idle for too long."""
        try:
            async with asyncio.timeout(self._idle_seconds):
                return await reader.read(CHUNK_BYTES)
        except OSError:  # TimeoutError is one
            return b""

    async def _pass_on(self, words: bytes, client: Streams) -> bool:
        """A ready task gets them and what follows; whether the client may go on with another."""
        deadline = asyncio.get_running_loop().time() + self._wait_seconds
        refused: set[str] = set()
        while (backend := await self._choose(refused, deadline)) is not None:
            traffic = Traffic()
            traffic.request(words)
            backend.connections.add(traffic)
            try:
                task = await _connect(backend.port)
                if task is not None:
                    task[1].write(words)
                    relay = _Relay(
                        client, task, backend=backend, traffic=traffic, shares=self._shares
                    )
                    return await relay.run()
            finally:
                backend.connections.discard(traffic)
            refused.add(backend.name)
        log.warning("closed a connection: no task took it within %s s", self._wait_seconds)
        return False

    async def _choose(self, refused: set[str], deadline: float) -> Backend | None:
        """The next ready task; waits for one until the deadline."""
        async with self._changed:
            while True:
                chosen = self._next(refused)
                if chosen is not None:
                    return chosen
                try:
                    async with asyncio.timeout_at(deadline):
                        await self._changed.wait()
                except TimeoutError:
                    return None

    def _next(self, refused: set[str]) -> Backend | None:
        groups = {item.group for item in self._ready.values()}
        others = [item for item in self._doubted.values() if item.group not in groups]
        known = [*self._ready.values(), *others]
        choices = [item for item in known if item.name not in refused]
        group = self._shares.next({item.group for item in choices})
        mine = [item for item in choices if item.group == group]
        return min(mine, key=lambda item: len(item.connections)) if mine else None


async def _connect(port: int) -> Streams | None:
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            return await asyncio.open_connection("127.0.0.1", port)
    except OSError:  # TimeoutError is one
        return None


class _TaskDoneError(ConnectionError):
    """The task's side of a connection is over, and with it the client's."""


class _MovedError(Exception):
    """No request is in flight and the next may be another task's: the client goes on with that.

    A load balancer's clients keep their connections while targets come and go. To close them
    would be a race that some client loses: it sends its next request as the end arrives.
    """


class _Relay:
    """Copies both ways between a client and its task, until an end is done or breaks."""

    def __init__(
        self, client: Streams, task: Streams, *, backend: Backend, traffic: Traffic, shares: Shares
    ) -> None:
        self._from_client, self._to_client = client
        self._from_task, self._to_task = task
        self._task_name = backend.name
        self._leaving = backend.leaving  # a task that comes back has another
        self._traffic = traffic
        self._shares = shares

    async def run(self) -> bool:
        """Whether the client is to be moved."""
        moved = False
        try:
            async with asyncio.TaskGroup() as group:
                self._requests = group.create_task(self._copy_requests())
                group.create_task(self._copy_answers())
                group.create_task(self._move_when_idle())
        except* OSError:
            pass  # one end is gone; the other learns it by the close
        except* _MovedError:
            moved = True
        finally:
            await _close(self._to_task)
        if self._traffic.busy and not self._client_left:
            log.warning("%s ended a connection with a request in flight", self._task_name)
        return moved

    @property
    def _client_left(self) -> bool:
        return self._from_client.at_eof() or self._to_client.is_closing()

    async def _copy_requests(self) -> None:
        while chunk := await self._from_client.read(CHUNK_BYTES):
            self._traffic.request(chunk)
            self._to_task.write(chunk)
            await self._to_task.drain()
        self._to_task.write_eof()

    async def _copy_answers(self) -> None:
        while chunk := await self._from_task.read(CHUNK_BYTES):
            self._traffic.answer(chunk)
            self._to_client.write(chunk)
            await self._to_client.drain()
            # A load balancer of HTTP divides requests, not connections.
            if self._leaving.is_set() or self._shares.divided:
                self._move_if_idle()
        raise _TaskDoneError

    async def _move_when_idle(self) -> None:
        await self._leaving.wait()
        self._move_if_idle()

    def _move_if_idle(self) -> None:
        if self._traffic.between_messages:
            # Not when the group hears of it: what came in between would be read, and lost.
            self._requests.cancel()
            raise _MovedError


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
