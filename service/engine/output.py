"""The engine's lines in our log, without what callers wrote.

llama.cpp quotes requests where it refuses them: a grammar that does not parse, a schema, a turn
that the template does not know (seen with 2026.10.11549).
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import deque

LINE_BYTES = 1 << 20
# What is told again when the process has ended: the end of a traceback has room.
LAST_LINES = 8
LAST_LINE_CHARACTERS = 300

# A slot's lines are fixed words and figures, unless they quote; where the others begin to speak of
# a request there is no telling. How a process dies is told in words of its source.
OF_A_SLOT = re.compile(r"[\d.]+ \w slot +\S+: id +-?\d+ \| task -?\d+ \| [^\"'`{}]*")
OF_DEATH = re.compile(r".*\bGGML_ASSERT\(.*\) failed|terminate called after throwing .*")
HEAD = re.compile(r"[\d.]+ \w \w+ +[\w()]+:")
WITHHELD = "(the rest is withheld: it may quote a request)"

log = logging.getLogger("service.engine")


class EngineOutput:
    """What one engine process writes: whole until it serves, as it has seen nobody's text before;
    then without what it may quote, unless it may `quote`. `last` are the latest of the lines as
    they were told, those included that the log's level leaves out.
    """

    def __init__(self, *, quote: bool) -> None:
        self._quote = quote
        self._serves = False
        self.last: deque[str] = deque(maxlen=LAST_LINES)

    async def forward(self, lines: asyncio.StreamReader) -> None:
        """Logs the lines until they end, warnings and errors at their level."""
        while not lines.at_eof():
            try:
                line = await lines.readline()
            except ValueError:
                continue  # longer than LINE_BYTES: dropped, so that the engine never waits for us
            self.tell(line.decode(errors="replace").rstrip())

    def serves(self) -> None:
        """From now on it works for others."""
        self._serves = True

    def tell(self, line: str) -> None:
        told = without_quotes(line) if self._serves and not self._quote else line
        if told:
            self.last.append(told[:LAST_LINE_CHARACTERS])
            log.log(level_of(line), told)


def without_quotes(line: str) -> str:
    """What may be told of a line while requests are served; empty where that is nothing."""
    if OF_A_SLOT.fullmatch(line) or OF_DEATH.fullmatch(line):
        return line
    head = HEAD.match(line)
    if head is not None:
        return f"{head.group()} {WITHHELD}"
    return WITHHELD if level_of(line) > logging.DEBUG else ""


def level_of(line: str) -> int:
    """llama.cpp's lines carry their level as a word of one letter."""
    words = line.split(maxsplit=2)[:2]
    if "E" in words:
        return logging.ERROR
    return logging.WARNING if "W" in words else logging.DEBUG
