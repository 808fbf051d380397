"""A peer: whether it is installed, and how it is started, waited for and ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from bench.endpoints import Endpoint, Setup
from bench.peers.installation import Package

POLL_SECONDS = 0.1
END_SECONDS = 10


class PeerError(Exception):
    """A peer that does not start: why, and the file with its output."""


@dataclass(frozen=True)
class Launch:
    """A program with its arguments and options, and the variables that it needs besides ours."""

    program: Sequence[str | Path]
    options: Mapping[str, str | int | Path]
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def command(self) -> list[str]:
        options = (part for option in self.options.items() for part in option)
        return [str(part) for part in (*self.program, *options)]


@dataclass(frozen=True, kw_only=True)
class Peer:
    """One server, launched with a setup and a port on the loopback address.

    `health` is the path that answers 200 when the model is loaded. `describe` makes of the server's
    output what it says of itself; `note` says what its figures have to be read with. `count_path`
    is an Endpoint's.
    """

    package: Package
    launch: Callable[[Setup, int], Launch]
    health: str
    describe: Callable[[str], str]
    note: str = ""
    start_seconds: float = 120
    count_path: str = ""

    @property
    def name(self) -> str:
        return self.package.name

    def missing(self) -> str | None:
        """How to get it, where it is not installed."""
        if self.package.is_installed:
            return None
        return f"{self.name} is not installed; run: make bench-peers PEERS={self.name}"

    @contextmanager
    def started(self, setup: Setup) -> Iterator[Endpoint]:
        """Answers when it is yielded; its output is kept if the block fails. Raises PeerError."""
        port = free_port()
        launch = self.launch(setup, port)
        output = self.package.folder / f"{port}.log"
        with output.open("wb") as log:
            process = subprocess.Popen(
                launch.command,
                env=os.environ | launch.variables,
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
                count_path=self.count_path,
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
