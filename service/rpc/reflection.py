"""grpc.reflection.v1alpha: what the server has, for clients that do not know it yet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from grpc_reflection.v1alpha import reflection

from service.rpc.calls import Call
from service.rpc.room import Room


class Reflection:
    """The library's answers. It asks nobody for a key, so the whole of a call is bounded."""

    def __init__(self, services: Iterable[str], *, strangers: Room) -> None:
        library: Any = reflection  # whose stubs lack it
        self._answers = library.aio.ReflectionServicer(services)
        self._strangers = strangers

    async def ServerReflectionInfo(self, call: Call[Any]) -> None:
        async with self._strangers.place():
            async for answer in self._answers.ServerReflectionInfo(call.messages(), call.context):
                await call.context.write(answer)
