"""Whether the process is alive, and whether it should be sent requests."""

from __future__ import annotations

from collections.abc import Callable


class Health:
    """Ready means: the engine answers, the keys were read once, and the task is not draining.

    Load never changes it: a busy task must not lose its place behind the load balancer.
    """

    def __init__(self) -> None:
        self._engine_ready = False
        self._keys_ready = False
        self._draining = False
        self._was_ready = False
        self._watchers: list[Callable[[bool], None]] = []

    @property
    def ready(self) -> bool:
        return self._engine_ready and self._keys_ready and not self._draining

    @property
    def was_ready(self) -> bool:
        """Whether a load balancer can have sent it requests."""
        return self._was_ready

    @property
    def engine_ready(self) -> bool:
        return self._engine_ready

    @property
    def draining(self) -> bool:
        return self._draining

    def watch(self, watcher: Callable[[bool], None]) -> None:
        """Tells the watcher `ready` now and at each change."""
        self._watchers.append(watcher)
        watcher(self.ready)

    def set_engine_ready(self, ready: bool) -> None:
        self._engine_ready = ready
        self._tell()

    def set_keys_ready(self) -> None:
        """Who may ask was read: the API keys, be there any or none, and the issuer's keys."""
        self._keys_ready = True
        self._tell()

    def start_draining(self) -> None:
        self._draining = True
        self._tell()

    def _tell(self) -> None:
        self._was_ready |= self.ready
        for watcher in self._watchers:
            watcher(self.ready)
