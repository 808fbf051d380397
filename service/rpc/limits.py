"""What gRPC clients may take, as options of the library's core.

https://github.com/grpc/grpc/blob/master/include/grpc/impl/channel_arg_names.h
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from service.rpc.room import Room

# Messages that are on their way to us. Usual ones come with their call and take no time at all; a
# megabyte at 35 kB/s takes this long.
MESSAGE_SECONDS: Final[float] = 30
MESSAGES_AT_ONCE: Final = 128
# The same of those who need no key for what they ask: health and reflection.
STRANGERS_SECONDS: Final[float] = 10
STRANGERS_AT_ONCE: Final = 32
# What a message may have beyond our limit, so that it is we who refuse it: with details, and in log
# and metrics by its name. More than that the library refuses as soon as it is announced; to us such
# a call looks like one whose client has left (seen with 1.85.1). Of so much each of the messages
# above may be in memory.
REFUSED_BY_US_BYTES: Final = 1 << 20
# Of ours to clients, whose own default is 4 MiB; one that allows more gets more.
SENT_MESSAGE_BYTES: Final = 16 << 20
# Clients may ask for a sign of life every 10 s, with calls open or without. One that asks oftener
# is told to calm down, twice, and then disconnected.
LEAST_PING_INTERVAL_SECONDS: Final[float] = 10
# We ask as well: a client that vanished says nothing, and its stream's place would stay taken.
# Whoever reads its connection answers, if it reads its streams or not.
PING_AFTER_SECONDS: Final[float] = 60
PING_ANSWER_SECONDS: Final[float] = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class RpcLimits:
    """Sizes in bytes. `streams` are of one connection, `connections` of all clients together.

    There may be as many connections again, on which only health is told (15 KiB each, measured).
    The library can close none of them; it ends those without a call in `idle_seconds`.
    """

    message_bytes: int
    metadata_bytes: int
    connections: int
    streams: int
    handshake_seconds: float
    idle_seconds: float

    def options(self) -> list[tuple[str, int]]:
        return [
            ("grpc.max_receive_message_length", self.message_bytes + REFUSED_BY_US_BYTES),
            ("grpc.max_send_message_length", SENT_MESSAGE_BYTES),
            ("grpc.max_metadata_size", self.metadata_bytes),
            ("grpc.absolute_max_metadata_size", self.metadata_bytes),
            ("grpc.max_allowed_incoming_connections", 2 * self.connections),
            ("grpc.max_connection_idle_ms", milliseconds(self.idle_seconds)),
            ("grpc.max_concurrent_streams", self.streams),
            # So a stream's window stays at 64 KiB, which are kept of what nobody reads. The library
            # made it 16 MiB (measured). A message that is awaited opens it to its own size.
            ("grpc.http2.bdp_probe", 0),
            ("grpc.server_handshake_timeout_ms", milliseconds(self.handshake_seconds)),
            *pings(),
        ]


def room_for_messages() -> Room:
    """Of callers that are known, where callers are asked for a key."""
    return Room(places=MESSAGES_AT_ONCE, seconds=MESSAGE_SECONDS)


def room_for_strangers() -> Room:
    return Room(places=STRANGERS_AT_ONCE, seconds=STRANGERS_SECONDS)


def pings() -> list[tuple[str, int]]:
    answer = milliseconds(PING_ANSWER_SECONDS)
    return [
        (
            "grpc.http2.min_ping_interval_without_data_ms",
            milliseconds(LEAST_PING_INTERVAL_SECONDS),
        ),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.keepalive_time_ms", milliseconds(PING_AFTER_SECONDS)),
        # The second bounds the wait (measured), the first only the kernel's for what it has sent.
        ("grpc.keepalive_timeout_ms", answer),
        ("grpc.http2.ping_timeout_ms", answer),
    ]


def milliseconds(seconds: float) -> int:
    return int(seconds * 1000)
