"""News in a terminal: what happened scrolls by, how things stand is drawn below it."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from delivery.deploying.news import Generation, Level, News, Picture
from delivery.deploying.redaction import without_secrets
from delivery.deploying.tellers import MARKS

COLOURS: Final = {
    Level.DETAIL: "dim",
    Level.STEP: "",
    Level.GOOD: "green",
    Level.WARNING: "yellow",
    Level.BAD: "red",
}
_SHOWN_RESOURCES: Final = 4


class Screen:
    """Draws from the first picture until it is paused or closed; use it as a context."""

    def __init__(self, title: str, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        self._title = title
        self._began = time.monotonic()
        self._picture = Picture()
        self._live: Live | None = None

    def __enter__(self) -> Screen:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # of a terminal that is closed
            self.pause()

    def tell(self, news: News) -> None:
        """Let it scroll by."""
        colour = COLOURS[news.level]
        text = escape(without_secrets(news.text))
        line = f"{MARKS[news.level]} {text}"
        self._console.print(f"[{colour}]{line}[/]" if colour else line, soft_wrap=True)
        for below in news.lines:
            style = "dim" if below.startswith("|") else ""
            self._console.print(
                f"    {escape(without_secrets(below))}", style=style, soft_wrap=True
            )

    def show(self, picture: Picture) -> None:
        """Draw it from now on."""
        self._picture = picture
        if self._live is None:
            self._live = Live(
                get_renderable=self._draw,
                console=self._console,
                refresh_per_second=4,
                transient=True,
            )
            self._live.start()

    def pause(self) -> None:
        """Leave the terminal as it is, so that a person can be asked something."""
        if self._live is not None:
            self._live.stop()
        self._live = None  # started again, it would draw over the question

    def _draw(self) -> RenderableType:
        seconds = int(time.monotonic() - self._began)
        head = f"{self._title}  {seconds // 60}:{seconds % 60:02d}"
        parts: list[RenderableType] = [Text(), Spinner("dots", Text(head, style="bold"))]
        return Group(*parts, *drawn(self._picture))


def drawn(picture: Picture) -> list[RenderableType]:
    """The picture's parts that are known."""
    parts: list[RenderableType] = []
    for name, state in picture.stacks.items():
        parts.append(Text.assemble("  ", (name, "bold"), f"  {state}"))
    if picture.working_on:
        shown = ", ".join(picture.working_on[:_SHOWN_RESOURCES])
        more = len(picture.working_on) - _SHOWN_RESOURCES
        parts.append(
            Text(f"    at work on {shown}{f' and {more} more' if more > 0 else ''}", "dim")
        )
    if picture.generations:
        parts.append(_tasks(picture))
    if picture.shift:
        parts.append(Text.assemble(("  requests ", "dim"), picture.shift))
    for part, seconds in picture.unseen.items():
        parts.append(Text(f"    {part}: not seen for {seconds:.0f} s", "yellow"))
    if picture.targets:
        states = ", ".join(f"{count} {state}" for state, count in picture.targets.items())
        parts.append(Text.assemble(("  targets  ", "dim"), states))
    return parts


def _tasks(picture: Picture) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 2), header_style="dim")
    for column in ("revision", "", "running", "pending", "failed", "rollout"):
        number = column in ("running", "pending", "failed")
        table.add_column(column, justify="right" if number else "left")
    for generation in picture.generations:
        table.add_row(*_row(generation))
    return table


def _row(generation: Generation) -> tuple[RenderableType, ...]:
    failed = Text(str(generation.failed), "red" if generation.failed else "dim")
    running = f"{generation.running} of {generation.desired}"
    wanted = "wanted" if generation.role == "PRIMARY" else "being replaced"
    return generation.revision, wanted, running, str(generation.pending), failed, generation.rollout
