"""What of the answers is unsent, because the client does not read it: it is not kept for ever."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from functools import partial

RESET_WHEN_CLOSED = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time


def drop(transport: asyncio.Transport) -> None:
    """Ends the connection now, and has the kernel drop what is unsent too."""
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_WHEN_CLOSED)
    transport.abort()


def give_up_unless_read(
    transport: asyncio.Transport,
    give_up: Callable[[], None],
    *,
    seconds: float,
    before: int | None = None,
) -> None:
    """Comes again while something is unsent; gives up if nothing went since there were `before`."""
    unsent = transport.get_write_buffer_size()
    if unsent and unsent == before:
        give_up()
    elif unsent:
        again = partial(give_up_unless_read, transport, give_up, seconds=seconds, before=unsent)
        asyncio.get_running_loop().call_later(seconds, again)
