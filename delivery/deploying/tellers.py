"""News as lines for a log, or as JSON lines for a program; `screen` has those for a terminal."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, TextIO

from delivery.deploying.news import KINDS, Level, News, Picture
from delivery.deploying.redaction import all_without_secrets, without_secrets

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

    def pause(self) -> None:
        """Nothing is drawn."""


class JsonLines:
    """An object for each piece of news, all of a kind with the same keys (docs/json-lines.md)."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def tell(self, news: News) -> None:
        """Write it with the time of day."""
        said = all_without_secrets(_object(news))
        print(json.dumps(said, default=str), file=self._file, flush=True)

    def show(self, picture: Picture) -> None:
        """A program draws its own."""

    def pause(self) -> None:
        """Nothing is drawn."""


def _object(news: News) -> dict[str, Any]:
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    said = {"at": at, "kind": news.kind, "level": str(news.level), "text": news.text}
    return said | {"lines": news.lines} | dict.fromkeys(KINDS.get(news.kind, ())) | dict(news.facts)
