"""Keeps a deadline over a blocking connection: the HTTP library bounds each read and write alone.

An endpoint that sends a byte now and then would hold a call for ever.
"""

from __future__ import annotations

from typing import Any

from llm_on_ecs.retries import Deadline

CONNECTED = ("connect_tcp.complete", "start_tls.complete")
PIECE_BYTES = 16384  # written between two looks at the deadline


class Remaining(float):
    """The seconds left of a deadline, for the library; and the deadline, for who looks again."""

    deadline: Deadline

    @classmethod
    def of(cls, deadline: Deadline) -> Remaining | None:
        """None where it never ends. Raises DeadlineExceeded where it has ended."""
        seconds = deadline.remaining()
        if seconds is None:
            return None
        found = cls(seconds)
        found.deadline = deadline
        return found


def trace(event: str, info: dict[str, Any]) -> None:
    """Of a request, as https://www.encode.io/httpcore/extensions/#trace has it: sees each new
    connection, and has it look at the deadline again whenever it reads or writes."""
    if event.endswith(CONNECTED):
        bind(info["return_value"])


def bind(stream: Any) -> None:
    """An `httpcore.NetworkStream`, which serves one request after the other."""
    read, write = stream.read, stream.write

    def read_in_time(max_bytes: int, timeout: float | None = None) -> Any:
        return read(max_bytes, left(timeout))

    def write_in_time(buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), PIECE_BYTES):
            write(buffer[start : start + PIECE_BYTES], left(timeout))

    stream.read, stream.write = read_in_time, write_in_time


def left(timeout: float | None) -> float | None:
    return timeout.deadline.remaining() if isinstance(timeout, Remaining) else timeout
