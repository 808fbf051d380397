"""What becomes of a gRPC call's writes when the call ends in the middle of one."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from service import heartbeat
from service.rpc import calls
from service.rpc import llm_service_pb2 as pb
from service.rpc.calls import Context
from service.rpc.message_stream import MessageStream
from tests.soon import SOON


class SlowCall:
    """A call whose headers and writes take until `go`, or fail with `broken`."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.begun = asyncio.Event()
        self.written = 0
        self.headers = 0
        self.broken: Exception | None = None
        self.left = False

    async def send_initial_metadata(self, metadata: Any) -> None:
        await self._send()
        self.headers += 1

    async def write(self, message: Any) -> None:
        await self._send()
        self.written += 1

    async def _send(self) -> None:
        self.begun.set()
        if self.broken is not None:
            raise self.broken
        await self.go.wait()

    def cancelled(self) -> bool:
        return self.left


PIECE = pb.StreamGenerateTextResponse(generated_text="fox")


def stream(call: SlowCall, *, longest_wait_seconds: float = 30) -> MessageStream:
    return MessageStream(
        cast(Context, call),
        empty=pb.StreamGenerateTextResponse(),
        stall_seconds=30,
        longest_wait_seconds=longest_wait_seconds,
    )


async def test_headers_are_sent_to_their_end_before_their_call_ends() -> None:
    """A call whose headers are half sent takes no status any more."""
    call = SlowCall()
    async with stream(call) as messages:
        writing = asyncio.create_task(messages.write(PIECE))
        await call.begun.wait()
        writing.cancel()
        call.go.set()
        with pytest.raises(asyncio.CancelledError):
            await writing
    assert (call.headers, call.written) == (1, 0)


async def test_headers_of_a_beat_are_sent_to_their_end_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "SILENCE_SECONDS", 0.01)
    call = SlowCall()
    async with stream(call) as messages:
        messages.has_begun = True
        await asyncio.wait_for(call.begun.wait(), SOON)
        call.go.set()
    assert (call.headers, call.written) == (1, 0)


async def test_a_write_that_fails_because_its_client_left_is_a_cancellation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(calls, "TOLD_WITHIN_SECONDS", 0.01)
    call = SlowCall()
    call.broken, call.left = RuntimeError("no such call"), True
    async with stream(call) as messages:
        with pytest.raises(asyncio.CancelledError):
            await messages.write(PIECE)
        call.left = False
        with pytest.raises(RuntimeError, match="no such call"):
            await messages.write(PIECE)


async def test_call_that_waits_for_a_slot_is_silent_until_nothing_is_refused_any_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(heartbeat, "SILENCE_SECONDS", 0.02)
    monkeypatch.setattr(heartbeat, "REFUSAL_SECONDS", 0.1)
    call, started = SlowCall(), asyncio.get_running_loop().time()
    call.go.set()
    async with stream(call, longest_wait_seconds=0.2):
        await asyncio.wait_for(call.begun.wait(), SOON)
    assert asyncio.get_running_loop().time() - started >= 0.29
