"""The CDK's command line at work, its output in a file, and something else done meanwhile."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from delivery.assemblies import ROOT
from delivery.deploying.redaction import without_secrets

ENDING_SECONDS: Final = 1.0
"""Of the 2.5 between the signal that `make` passes on and the end of a job that is cancelled:
https://docs.github.com/en/actions/reference/workflow-cancellation-reference
"""
_INTERRUPTS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_TERMINAL_CODES: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
# What is worth a line beside what AWS itself tells: assets, and stacks with no changes.
_WORTH_TELLING: Final = re.compile(
    r": (start|success|fail|warning): |: deploying\.\.\.|\(no changes\)|^\[Warning"
)
# Each stack's template is an asset as well, of no interest.
_TEMPLATE: Final = re.compile(r" Template( \(|$)")
# Of a failed run these lines say nothing new: what happened in AWS is told by itself.
_NOT_A_REASON: Final = re.compile(r"^\s*$|^\s*at |_IN_PROGRESS|_COMPLETE|^\s*\d+/\d+ \|")


@dataclass(frozen=True, slots=True)
class Finished:
    """Its exit status, and what it wrote."""

    status: int
    lines: tuple[str, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """The lines that may say why it failed."""
        return tuple(line for line in self.lines if not _NOT_A_REASON.search(line))


def run(
    command: list[str],
    *,
    log: Path,
    tell: Callable[[str], None],
    meanwhile: Callable[[], None],
    every_seconds: float,
    variables: Mapping[str, str] | None = None,
) -> Finished:
    """Run it to its end. What `meanwhile` raises ends it early; CloudFormation goes on then."""
    log.parent.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | (variables or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,  # an interrupt is ours to pass on, once
    )
    try:
        lines = _follow(process, log, tell, meanwhile, every_seconds)
    except BaseException:
        try:
            _end(process, tell)
        except KeyboardInterrupt:  # a second one, before it was not heard any more
            _end_group(process)
            raise
        raise
    return Finished(process.wait(), tuple(lines))


def _follow(
    process: subprocess.Popen[str],
    log: Path,
    tell: Callable[[str], None],
    meanwhile: Callable[[], None],
    every_seconds: float,
) -> list[str]:
    arrived: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=_read, args=(process, arrived), daemon=True).start()
    lines: list[str] = []
    due = time.monotonic() + every_seconds
    with log.open("w", encoding="utf-8") as file:
        while True:
            if time.monotonic() >= due:
                meanwhile()
                due = time.monotonic() + every_seconds
            try:
                line = arrived.get(timeout=max(due - time.monotonic(), 0))
            except queue.Empty:
                continue
            if line is None:
                return lines
            lines.append(line)
            print(line, file=file, flush=True)
            if _WORTH_TELLING.search(line) and not _TEMPLATE.search(line):
                tell(line)


def _read(process: subprocess.Popen[str], arrived: queue.Queue[str | None]) -> None:
    assert process.stdout is not None
    with process.stdout as output:
        for line in output:
            arrived.put(without_secrets(_TERMINAL_CODES.sub("", line).rstrip()))
    arrived.put(None)


def _end(process: subprocess.Popen[str], tell: Callable[[str], None]) -> None:
    """Say so, ask its whole group to end, and then end it; who is in a hurry waits for that."""
    with uninterrupted():
        try:
            tell("the CDK's command line is ended; CloudFormation goes on with what it has begun")
        finally:
            _end_group(process)


def _end_group(process: subprocess.Popen[str]) -> None:
    for number in (signal.SIGINT, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(ENDING_SECONDS)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Signals that come meanwhile are not heard. (Blocked, another thread would take them.)"""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _INTERRUPTS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
