"""How long the service takes from its start until it is ready, and until its first token.

    python -m bench.start
    python -m bench.start --image llm-on-ecs:one --image llm-on-ecs:two

As processes on this machine, or as containers of images that Docker has here, by turns. The first
turn of each is not counted: it reads the files, and compiles the modules that nobody has run yet.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from http.client import HTTPConnection
from statistics import median

from bench.bars import START, Reached
from bench.machine import how_busy
from bench.streams import Question, over_http
from tests.service.process import ROOT, service_environment

LOOK_SECONDS = 0.005
START_SECONDS = 120
STOP_SECONDS = 30
PROCESS = "process"  # the way that is no image


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds since the process, or the command that starts the container, was started."""

    listening: float
    ready: float
    first_token: float


def starts(*, threads: int, rounds: int, images: tuple[str, ...] = ()) -> dict[str, list[Start]]:
    """Of each image, or of the process where none is named, what each counted turn showed."""
    ways = images or (PROCESS,)
    found: dict[str, list[Start]] = {way: [] for way in ways}
    for number in range(rounds + 1):
        for way in ways:
            start = start_once(way, threads=threads)
            if number:
                found[way].append(start)
    return found


def typical(turns: list[Start]) -> Start:
    """The median of each moment."""
    return Start(*(median(getattr(turn, field.name) for turn in turns) for field in fields(Start)))


def reached(*, threads: int, rounds: int = 7) -> list[Reached]:
    """Ready, as a process."""
    (turns,) = starts(threads=threads, rounds=rounds).values()
    ready = [turn.ready for turn in turns]
    told = f"{min(ready):.2f} to {max(ready):.2f}, first token {typical(turns).first_token:.2f} s"
    return [Reached(START, typical(turns).ready, told)]


def start_once(way: str, *, threads: int) -> Start:
    settings = {
        "LLM_HTTP_PORT": str(port := free_port()),
        "LLM_GRPC_PORT": "0",
        "LLM_REST_AUTH": "off",
        "LLM_GRPC_AUTH": "off",
        "LLM_ENGINE_THREADS": str(threads),
        "LLM_DRAIN_LAG_SECONDS": "0",
    }
    started = time.monotonic()
    with as_process(settings) if way == PROCESS else as_container(way, settings):
        listening = until_answered(port, "/health/live", since=started)
        ready = until_answered(port, "/health/ready", since=started)
        return Start(listening, ready, asyncio.run(first_token(port)) / 1e9 - started)


@contextmanager
def as_process(settings: dict[str, str]) -> Iterator[None]:
    with subprocess.Popen(
        [sys.executable, "-m", "service"],
        cwd=ROOT,
        env=service_environment(**settings),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield
        finally:
            process.terminate()


@contextmanager
def as_container(image: str, settings: dict[str, str]) -> Iterator[str]:
    """Its id. With a read-only root, as a task has it, on the network of this machine."""
    words = [word for item in settings.items() for word in ("--env", "=".join(item))]
    run = ("docker", "run", "--detach", "--network", "host", "--read-only", *words, image)
    container = subprocess.run(run, check=True, capture_output=True, text=True).stdout.strip()
    try:
        yield container
    finally:
        for command in (("stop", "--time", str(STOP_SECONDS)), ("rm", "--force", "--volumes")):
            subprocess.run(["docker", *command, container], check=True, capture_output=True)


def until_answered(port: int, path: str, *, since: float) -> float:
    """The moment at which the path is answered 200, in seconds after `since`."""
    while (now := time.monotonic() - since) < START_SECONDS:
        try:
            connection = HTTPConnection("127.0.0.1", port)
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return time.monotonic() - since
        except OSError:
            pass  # nothing listens yet
        finally:
            connection.close()
        time.sleep(LOOK_SECONDS)
    raise TimeoutError(f"{path} was not answered within {now:.0f} s")


async def first_token(port: int) -> int:
    """When it came, CLOCK_MONOTONIC in nanoseconds."""
    async with over_http(f"http://127.0.0.1:{port}") as ask:
        return (await ask(Question("The capital of France is", tokens=4))).received[0]


def free_port() -> int:
    """One that nothing listens on now, so that the service can be asked before it says its own."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def table(found: dict[str, list[Start]]) -> str:
    """Medians, in seconds, and the range of the second one."""
    lines = ["| started as | listening | ready | range | first token |", "|---|---|---|---|---|"]
    for way, turns in found.items():
        middle, ready = typical(turns), [turn.ready for turn in turns]
        lines.append(
            f"| {way} | {middle.listening:.2f} | {middle.ready:.2f} "
            f"| {min(ready):.2f} to {max(ready):.2f} | {middle.first_token:.2f} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.start")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--image", action="append", default=[], help="one that Docker has here")
    parser.add_argument("--json", action="store_true", help="print every turn")
    arguments = parser.parse_args()
    found = starts(
        threads=arguments.threads, rounds=arguments.rounds, images=tuple(arguments.image)
    )
    print(table(found))
    if arguments.json:
        print(json.dumps({way: [asdict(turn) for turn in turns] for way, turns in found.items()}))
    print(f"{how_busy()} at the end; seconds, medians.")


if __name__ == "__main__":
    main()
