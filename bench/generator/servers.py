"""Which servers there are, and how those that are installed are started to be asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import (
    AbstractContextManager,
    AsyncExitStack,
    ExitStack,
    asynccontextmanager,
    contextmanager,
)
from typing import Protocol

from bench.endpoints import Endpoint, Setup
from bench.generator.targets import Target, grpc_target, rest_target
from bench.ours import CPU_ENGINE, Ours
from bench.peers.known import PEERS
from bench.peers.peer import PeerError

Say = Callable[[str], None]


class Server(Protocol):
    """The service, or a peer. `started` raises PeerError."""

    @property
    def name(self) -> str: ...

    def missing(self) -> str | None: ...

    def started(self, setup: Setup) -> AbstractContextManager[Endpoint]: ...


SERVERS: tuple[Server, ...] = (
    Ours(),
    Ours(name="llm-on-ecs, cpu-variants", engine_program=str(CPU_ENGINE)),
    *PEERS.values(),
)


@contextmanager
def started(wanted: Sequence[tuple[Server, Setup]], *, say: Say) -> Iterator[list[Endpoint]]:
    """All at once, each ready. Of what is not installed, or does not start, it is said why."""
    with ExitStack() as stack:
        found: list[Endpoint] = []
        for server, setup in wanted:
            if how := server.missing():
                say(how)
                continue
            try:
                found.append(stack.enter_context(server.started(setup)))
            except PeerError as error:
                say(str(error))
        yield found


@asynccontextmanager
async def targets_of(
    endpoints: Sequence[Endpoint], *, path: str, key: str = "", grpc: bool = True
) -> AsyncIterator[list[Target]]:
    """Each by REST, and by gRPC too where it has that."""
    async with AsyncExitStack() as stack:
        found: list[Target] = []
        for endpoint in endpoints:
            foreign = not endpoint.processes  # what was not started here has a key of its own
            rest = rest_target(endpoint, path=path, key=key if foreign else "")
            found.append(await stack.enter_async_context(rest))
            if grpc and endpoint.grpc_port is not None:
                found.append(await stack.enter_async_context(grpc_target(endpoint)))
        yield found
