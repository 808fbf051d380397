"""The calls whose answers are still being sent."""

from __future__ import annotations

from service.rpc.calls import Context


class OpenCalls:
    """Knows each call until its status has been sent: a handler returns before that, and what it
    has returned waits for its reader.
    """

    def __init__(self) -> None:
        self._open: set[Context] = set()

    def add(self, context: Context) -> None:
        self._open.add(context)
        context.add_done_callback(self._open.discard)  # type: ignore[arg-type]  # nothing fits the stubs

    def now(self) -> frozenset[Context]:
        return frozenset(self._open)
