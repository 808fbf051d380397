"""News as lines for a log, or as JSON lines for a program; `screen` has those for a terminal."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, TextIO

from delivery.deploying.news import Level, News, Picture
from delivery.deploying.redaction import without_secrets

MARKS: Final = {
    Level.DETAIL: " ",
    Level.STEP: " ",
    Level.GOOD: "\N{CHECK MARK}",
    Level.WARNING: "!",
    Level.BAD: "\N{MULTIPLICATION SIGN}",
}


class Lines:
    """A line for each piece of news, with the seconds since the beginning."""

    def __init__(self, file: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._file = file
        self._clock = clock
        self._began = clock()

    def tell(self, news: News) -> None:
        """Write it, and what belongs below it."""
        seconds = self._clock() - self._began
        lines = [f"{seconds:7.1f} s {MARKS[news.level]} {news.text}"]
        lines += [f"{'':12}{line}" for line in news.lines]
        print(without_secrets("\n".join(lines)), file=self._file, flush=True)

    def show(self, picture: Picture) -> None:
        """A log has no picture: what changes in it is news."""


class JsonLines:
    """An object for each piece of news; the last one is of kind `result`."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def tell(self, news: News) -> None:
        """Write it with the time of day."""
        print(without_secrets(json.dumps(_object(news), default=str)), file=self._file, flush=True)

    def show(self, picture: Picture) -> None:
        """A program draws its own."""


def _object(news: News) -> dict[str, Any]:
    said = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "kind": news.kind}
    said |= {"level": str(news.level), "text": news.text}
    if news.lines:
        said["lines"] = list(news.lines)  # type: ignore[assignment]
    return {**said, **news.facts}
