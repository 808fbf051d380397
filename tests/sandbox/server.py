"""The sandbox's AWS as a process of its own, for tests."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from sandbox.processes import listens, wait_until
from sandbox.runner.launch import free_port

ROOT: Final = Path(__file__).parents[2]
LISTENING_SECONDS: Final = 60


@contextmanager
def serving_aws(log: IO[str] | None = None) -> Iterator[int]:
    """The port of a new account; what the server says goes into the log."""
    port = free_port()
    command = [sys.executable, "-m", "sandbox", "serve-aws", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log) as server:
        try:
            assert wait_until(lambda: listens(port), seconds=LISTENING_SECONDS)
            yield port
        finally:
            server.kill()
