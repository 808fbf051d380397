"""Sends one gRPC input to a service and says what came back, or what is wrong with that."""

from __future__ import annotations

from typing import Any

import grpc

from tests.fuzz.rest_target import Wrong
from tests.fuzz.rpc_inputs import SERVICE, RpcInput

STREAMING = {
    f"/{SERVICE.full_name}/{method.name}" for method in SERVICE.methods if method.server_streaming
}
OURS = {
    grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.DATA_LOSS,
    grpc.StatusCode.UNAVAILABLE,
}


class RpcTarget:
    """One channel, and bytes over it."""

    def __init__(self, port: int, *, seconds: float) -> None:
        # Without serializers it takes and gives bytes, which its stubs do not know.
        self._channel: Any = grpc.insecure_channel(f"127.0.0.1:{port}")
        self._seconds = seconds

    def send(self, sent: RpcInput) -> str:
        """The status code. Raises Wrong."""
        timeout = min(sent.seconds, self._seconds)
        try:
            self._call(sent, timeout)
        except grpc.RpcError as error:
            return self._judged(error, hasty=sent.seconds < self._seconds)
        return "OK"

    def close(self) -> None:
        self._channel.close()

    def _call(self, sent: RpcInput, timeout: float) -> None:
        options: dict[str, Any] = {"timeout": timeout, "metadata": sent.metadata}
        if sent.method in STREAMING:
            for _ in self._channel.unary_stream(sent.method)(sent.payload, **options):
                pass
        else:
            self._channel.unary_unary(sent.method)(sent.payload, **options)

    def _judged(self, error: Any, *, hasty: bool) -> str:
        code: grpc.StatusCode = error.code()
        if code in OURS or (code is grpc.StatusCode.DEADLINE_EXCEEDED and not hasty):
            raise Wrong(f"{code.name}: {error.details()}")
        return code.name
