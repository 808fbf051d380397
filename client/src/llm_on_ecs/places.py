"""How many calls of one client may be under way at once; the next ones wait for their turn."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

import anyio

from llm_on_ecs.errors import DeadlineExceeded
from llm_on_ecs.retries import Deadline


class Places:
    """For calls of threads. A stream holds its place until it has ended or is closed."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._free = threading.BoundedSemaphore(count)

    @contextmanager
    def taken(self, deadline: Deadline) -> Iterator[None]:
        """Raises DeadlineExceeded where none becomes free in time."""
        if not self._free.acquire(timeout=deadline.remaining()):
            raise all_taken(self._count)
        try:
            yield
        finally:
            self._free.release()


class AsyncPlaces:
    """For calls of tasks."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.free = anyio.Semaphore(count)

    def taken(self, deadline: Deadline) -> AsyncPlace:
        return AsyncPlace(self, deadline)


class AsyncPlace:
    """No generator, which a stream that is left open at the end of its loop could not close."""

    def __init__(self, places: AsyncPlaces, deadline: Deadline) -> None:
        self._places = places
        self._deadline = deadline

    async def __aenter__(self) -> None:
        """Raises DeadlineExceeded where none becomes free in time."""
        try:
            with anyio.fail_after(self._deadline.remaining()):
                await self._places.free.acquire()
        except TimeoutError:
            raise all_taken(self._places.count) from None

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._places.free.release()


def all_taken(count: int) -> DeadlineExceeded:
    return DeadlineExceeded(
        f"All {count} calls that this client may make at once (`max_concurrency`) were under way "
        "until the time allowed for this one had passed; close streams that are not read, or raise "
        "it."
    )
