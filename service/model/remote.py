"""The weights of a task that has to fetch them before it can serve."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from service.model.fetch import fetch
from service.model.progress import megabytes

TELL_SECONDS = 10

log = logging.getLogger("service.model")


class RemoteModel:
    """`file` holds the weights, verified, once `fetch()` has returned."""

    def __init__(self, source: str, *, file: Path, sha256: str, within_seconds: float) -> None:
        self.file = file
        self._source = source
        self._sha256 = sha256
        self._within_seconds = within_seconds
        self._told = 0.0

    async def fetch(self) -> None:
        """Raises ModelError; then the task is of no use and should end."""
        started = self._told = time.monotonic()
        log.info("fetching the model", extra={"source": self._source})
        await fetch(
            self._source,
            self.file,
            sha256=self._sha256,
            within_seconds=self._within_seconds,
            on_progress=self._tell,
        )
        seconds = time.monotonic() - started
        size = self.file.stat().st_size
        log.info(
            "model fetched",
            extra={"bytes": size, "seconds": round(seconds, 1), "rate": rate(size, seconds)},
        )

    def _tell(self, done: int, total: int | None) -> None:
        if time.monotonic() - self._told >= TELL_SECONDS:
            self._told = time.monotonic()
            log.info("fetching the model", extra={"done_bytes": done, "total_bytes": total})


def rate(size: int, seconds: float) -> str:
    return f"{megabytes(int(size / max(seconds, 0.001)))}/s"
