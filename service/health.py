"""Whether the process is alive, has started, and should be sent requests."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class EngineState(StrEnum):
    """Where the engine is in its life. It answers in READY only."""

    LOADING = "loading"
    READY = "ready"
    STALLED = "stalled"
    RESTARTING = "restarting"


class Health:
    """Ready means: the engine answers, the keys were read once, and the task is not draining.

    Load never changes it: a busy task must not lose its place behind the load balancer. Started
    means that it has been ready once; whatever happens later, it is not starting.
    """

    def __init__(self) -> None:
        self._engine = EngineState.LOADING
        self._keys_ready = False
        self._draining = False
        self._started = False
        self._watchers: list[Callable[[bool], None]] = []

    @property
    def ready(self) -> bool:
        return self.engine_ready and self._keys_ready and not self._draining

    @property
    def started(self) -> bool:
        """Whether it has been ready once, and a load balancer can have sent it requests."""
        return self._started

    @property
    def engine_ready(self) -> bool:
        return self._engine is EngineState.READY

    @property
    def draining(self) -> bool:
        return self._draining

    @property
    def status(self) -> str:
        """In a word, why it is ready or not."""
        if self._draining:
            return "draining"
        if self.engine_ready and not self._keys_ready:
            return "waiting for keys"
        return self._engine.value

    def watch(self, watcher: Callable[[bool], None]) -> None:
        """Tells the watcher `ready` now and at each change."""
        self._watchers.append(watcher)
        watcher(self.ready)

    def set_engine(self, state: EngineState) -> None:
        self._engine = state
        self._tell()

    def set_keys_ready(self) -> None:
        """Who may ask was read: the API keys, be there any or none, and the issuer's keys."""
        self._keys_ready = True
        self._tell()

    def start_draining(self) -> None:
        self._draining = True
        self._tell()

    def _tell(self) -> None:
        self._started |= self.ready
        for watcher in self._watchers:
            watcher(self.ready)
