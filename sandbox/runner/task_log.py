"""Reads what a task writes as it comes, for CloudWatch Logs."""

from __future__ import annotations

import time
from pathlib import Path

from ..control_plane.report import LogLine

LINES_AT_ONCE = 200
"""Of each task and round: of more the newest, as an awslogs driver drops what it cannot send."""
BYTES_AT_ONCE = 256 * 1024


class TaskLog:
    """The end of one task's log file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0

    def new_lines(self, *, ended: bool) -> list[LogLine]:
        """The whole lines since the last call; of a task that has ended the rest too."""
        data = self._new_bytes()
        end = len(data) if ended else data.rfind(b"\n") + 1
        self._read += end
        moment = int(time.time() * 1000)
        texts = data[:end].decode(errors="replace").splitlines()[-LINES_AT_ONCE:]
        return [{"timestamp": moment, "message": text} for text in texts if text]

    def _new_bytes(self) -> bytes:
        try:
            with self._path.open("rb") as file:
                size = file.seek(0, 2)
                self._read = file.seek(max(self._read, size - BYTES_AT_ONCE))
                return file.read(BYTES_AT_ONCE)
        except FileNotFoundError:
            return b""
