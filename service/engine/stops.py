"""Ends a choice at a stop sequence in its text, and holds back what may be the beginning of one.

The engine could as well, but at the token limit it loses what it holds back, it looks for sequences
in what is no text of the answer (thoughts, calls, a code fence that it takes off), and in a stream
it does not tell which of them came.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from service.generation import Chunk, FinishReason


class StopWatcher:
    """Reads the chunks of one choice; once it has `stopped`, no more of them are to be read."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = stops
        self._held: list[Chunk] = []
        self.stopped = False

    def read(self, chunk: Chunk) -> Iterator[Chunk]:
        """What may go out now; where a sequence came, the text before it and the end."""
        self._held.append(chunk)
        if not chunk.text:
            yield from self._released(len(self._held))
            return
        text = "".join(held.text for held in self._held)
        length, stop = before_stop(text, self._stops)
        for whole in self._released(self._within(length)):
            length -= len(whole.text)
            yield whole
        if stop is not None:
            self.stopped = True
            if length:
                yield replace(self._held[0], text=self._held[0].text[:length])
            yield Chunk(index=chunk.index, finish_reason=FinishReason.STOP, stop_sequence=stop)
        elif chunk.finish_reason:
            yield from self._released(len(self._held))

    def _within(self, length: int) -> int:
        """How many chunks have their text in the first so many characters."""
        count = 0
        for held in self._held:
            length -= len(held.text)
            count += length >= 0
        return count

    def _released(self, count: int) -> list[Chunk]:
        released, self._held = self._held[:count], self._held[count:]
        return released


def before_stop(text: str, stops: Sequence[str]) -> tuple[int, str | None]:
    """The length of the text before the first stop sequence, and that sequence; where there is
    none, before what may be the beginning of one."""
    found = [(place, stop) for stop in stops if (place := text.find(stop)) >= 0]
    return min(found) if found else (min(begun(text, stop) for stop in stops), None)


def begun(text: str, stop: str) -> int:
    """Where the text's end may be the beginning of the sequence; the text's length, where not."""
    place = max(0, len(text) - len(stop) + 1)
    while (place := text.find(stop[0], place)) >= 0:
        if stop.startswith(text[place:]):
            return place
        place += 1
    return len(text)
