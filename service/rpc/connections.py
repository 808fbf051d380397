"""Which connections are those of callers, of whom there is a limit; the rest are for health."""

from __future__ import annotations

import json
from typing import Any

from grpc._cython import cygrpc  # type: ignore[attr-defined]  # only in stubs

from service.errors import TooManyConnections

# Here is the library's own account of its connections (channelz, gRFC A14), from which
# grpcio-channelz, the package that would tell others of it, reads too.
ACCOUNT: Any = cygrpc
NAME = "chttp2 "  # before a connection's peer, there


class Connections:
    """Admits `limit` of those that are open, each when its first caller is known: whoever shows
    nothing takes no caller's place. One that is admitted stays it.
    """

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self._server = 0
        self._admitted: set[str] = set()

    def are_of_newest_server(self) -> None:
        servers = json.loads(ACCOUNT.channelz_get_servers(0))["server"]
        self._server = max(int(each["ref"]["serverId"]) for each in servers)

    def admit(self, peer: str) -> None:
        """Raises TooManyConnections."""
        if peer in self._admitted:
            return
        if len(self._admitted) >= self._limit:
            self._admitted &= self._open()
        if len(self._admitted) >= self._limit:
            raise TooManyConnections("This task has as many connections as it takes; try again.")
        self._admitted.add(peer)

    def _open(self) -> set[str]:
        """Their peers. A thousand take 2 ms, but only calls beyond the limit ask."""
        found = json.loads(ACCOUNT.channelz_get_server_sockets(self._server, 0, 2 * self._limit))
        return {each["name"].removeprefix(NAME) for each in found.get("socketRef", ())}
