"""Lines for a reader who may be slow, or not there."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from service.line_writer import LineWriter

LINE = "x" * 99  # 100 bytes with its end
PIPE_BYTES = 4096


class Pipe(NamedTuple):
    """A small one, which a reader reads by hand."""

    reader: int
    writer: int

    def read(self, count: int) -> list[str]:
        """So many lines."""
        data = b""
        while data.count(b"\n") < count:
            data += os.read(self.reader, PIPE_BYTES)
        return data.decode().splitlines()


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    made = Pipe(*os.pipe())
    fcntl.fcntl(made.writer, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    yield made
    os.close(made.reader)  # first, so that no thread is left in a write
    os.close(made.writer)


def test_lines_are_written_in_order(pipe: Pipe) -> None:
    writer = LineWriter(pipe.writer)
    for number in range(1000):
        writer.write(f"line {number}")
    assert pipe.read(1000) == [f"line {number}" for number in range(1000)]
    assert writer.lost == 0


def test_who_writes_never_waits_and_what_there_is_no_room_for_is_lost_and_counted(
    pipe: Pipe,
) -> None:
    writer = LineWriter(pipe.writer, at_most=10)
    for _ in range(1000):
        writer.write(LINE)
    assert not writer.has_room
    assert 1000 - 10 - PIPE_BYTES // 100 - 1 <= writer.lost < 1000
    assert pipe.read(1000 - writer.lost) == [LINE] * (1000 - writer.lost)
    writer.write("again")
    assert pipe.read(1) == ["again"]


def test_flush_waits_for_the_reader_and_not_for_ever(pipe: Pipe) -> None:
    writer = LineWriter(pipe.writer)
    writer.write("first")
    writer.flush(seconds=5)
    assert os.read(pipe.reader, PIPE_BYTES) == b"first\n"
    for _ in range(100):
        writer.write(LINE)
    writer.flush(seconds=0.1)
    assert pipe.read(100) == [LINE] * 100


def test_line_longer_than_the_pipe_is_whole(pipe: Pipe) -> None:
    LineWriter(pipe.writer).write("x" * 3 * PIPE_BYTES)
    assert pipe.read(1) == ["x" * 3 * PIPE_BYTES]


def test_reader_who_has_left_costs_lines_and_nothing_else(pipe: Pipe) -> None:
    reader, own = os.pipe()
    writer = LineWriter(own)
    os.close(reader)
    for _ in range(3):
        writer.write(LINE)
    writer.flush(seconds=5)
    os.close(own)
    assert writer.lost == 3
