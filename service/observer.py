"""Hands every request to whoever keeps count of requests, once it has ended."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from service.observation import Observation, begin
from service.outcomes import OK
from service.texts import Texts

log = logging.getLogger("service.observer")


class Sink(Protocol):
    """Keeps count of requests: metrics, a log, traces."""

    def record(self, observation: Observation) -> None:
        """A request has ended. Quick, because it is called where all requests are served."""
        ...


class Observer:
    """Guarantees that each request is recorded once, however it ends, and that no sink's failure
    touches the request or the other sinks. `keeps_texts` has them see what was asked and answered.
    """

    def __init__(self, *sinks: Sink, keeps_texts: bool = False) -> None:
        self._sinks = sinks
        self._keeps_texts = keeps_texts

    @contextmanager
    def watching(
        self, observation: Observation, *, unless_well: bool = False
    ) -> Iterator[Observation]:
        """What happens while the context is open happens to this request. With `unless_well` it is
        recorded only if it does not end well."""
        begin(observation)
        if self._keeps_texts:
            observation.texts = Texts()
        try:
            yield observation
        except BaseException as error:
            observation.failed(error)
            raise
        finally:
            observation.ended()
            if observation.outcome != OK or not unless_well:
                self._record(observation)

    def _record(self, observation: Observation) -> None:
        for sink in self._sinks:
            try:
                sink.record(observation)
            except Exception:  # at the edge: what was answered is answered
                log.exception("a request was not recorded", extra={"by": type(sink).__name__})
