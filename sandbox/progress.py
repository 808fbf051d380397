"""What `make up` shows while it works: phases with their times, and the latest line of each."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.status import Status


class Phase:
    """A step in progress."""

    def __init__(self, title: str, console: Console, status: Status | None) -> None:
        self._title = title
        self._console = console
        self._status = status
        self.outcome = ""

    def note(self, text: str) -> None:
        """Show what the phase is doing now; a log leaves such lines out."""
        if self._status is not None:
            room = max(self._console.width - len(self._title) - 6, 20)
            self._status.update(f"{self._title}  [dim]{escape(text[:room])}")

    def step(self, text: str) -> None:
        """Show a step that a log should have too."""
        if self._status is not None:
            self.note(text)
        else:
            self._console.print(f"    {text}", markup=False, soft_wrap=True)


class Progress:
    """Prints the phases; a terminal gets a spinner, a log plain lines."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)
        self._began = time.monotonic()

    @contextmanager
    def phase(self, title: str) -> Iterator[Phase]:
        """One phase: its title while it runs, its outcome and time when it is done."""
        started = time.monotonic()
        if self.console.is_terminal:
            with self.console.status(title) as status:
                phase = Phase(title, self.console, status)
                yield phase
        else:
            self.console.print(f"  {title} ...", markup=False)
            phase = Phase(title, self.console, None)
            yield phase
        self._done(title, phase.outcome, time.monotonic() - started)

    def _done(self, title: str, outcome: str, seconds: float) -> None:
        text = f"{title}: {outcome}" if outcome else title
        line = f"  [green]\N{CHECK MARK}[/] {escape(text)} [dim]{seconds:.1f} s[/]"
        self.console.print(line, soft_wrap=True)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began
