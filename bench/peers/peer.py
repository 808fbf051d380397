"""A peer: whether it is installed, and how it is started, waited for and ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from bench.endpoints import Endpoint, Setup

FOLDER = (Path(__file__).resolve().parents[2] / ".venv").resolve() / "peers"
POLL_SECONDS = 0.1
END_SECONDS = 10
Command = Callable[[Setup, int], list[str]]


class PeerError(Exception):
    """A peer that does not start: why, and the file with its output."""


def environment_of(name: str) -> Path:
    """The virtual environment that `make bench-peers` makes for the peer."""
    return FOLDER / name


@dataclass(frozen=True, kw_only=True)
class Peer:
    """One server. `command` gives its arguments for a setup and a port on the loopback address.

    `health` is the path that answers 200 when the model is loaded. `describe` makes of the server's
    output what it says of itself; `note` says what its figures have to be read with.
    """

    name: str
    program: Path
    command: Command
    health: str
    describe: Callable[[str], str]
    note: str = ""
    start_seconds: float = 120

    def missing(self) -> str | None:
        """How to get it, where it is not installed."""
        if self.program.exists():
            return None
        return f"{self.name} is not installed; run: make bench-peers PEERS={self.name}"

    @contextmanager
    def started(self, setup: Setup) -> Iterator[Endpoint]:
        """Answers when it is yielded; its output is kept if the block fails. Raises PeerError."""
        port = free_port()
        output = FOLDER / f"{self.name}-{port}.log"
        with output.open("wb") as log:
            process = subprocess.Popen(
                [str(self.program), *self.command(setup, port)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # its children end with it
            )
        url = f"http://127.0.0.1:{port}"
        try:
            self._wait(process, url, output)
            root = psutil.Process(process.pid)
            yield Endpoint(
                name=self.name,
                url=url,
                processes=(root, *root.children(recursive=True)),
                build=self.describe(output.read_text(errors="replace")),
                note=self.note,
            )
        except BaseException as error:
            error.add_note(f"What {self.name} wrote is in {output}.")
            raise
        else:
            output.unlink()
        finally:
            end(process)

    def _wait(self, process: subprocess.Popen[bytes], url: str, output: Path) -> None:
        deadline = time.monotonic() + self.start_seconds
        while not answers(url + self.health):
            if (status := process.poll()) is not None:
                raise PeerError(f"{self.name} ended with status {status}; see {output}")
            if time.monotonic() > deadline:
                raise PeerError(
                    f"{self.name} does not answer after {self.start_seconds:.0f} s; see {output}"
                )
            time.sleep(POLL_SECONDS)


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=POLL_SECONDS * 10, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def free_port() -> int:
    """Nobody had it a moment ago, on the loopback address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def end(process: subprocess.Popen[bytes]) -> None:
    """The process and its children: asked, and then made to."""
    for wish in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, wish)
            process.wait(END_SECONDS)
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
    process.wait(END_SECONDS)
