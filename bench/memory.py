"""What gateway and engine hold in memory, above the weights and the cache of keys and values.

    python -m bench.memory

After a round of answers in all slots, from /proc/PID/smaps, so on Linux only. Pages that both map
count in each. The weights count once, with their file's size: the engine maps the file, and where
it repacks tensors for its kernels, it holds copies as well, which count as the engine's. It clears
its whole cache at start, so all of that is resident; its size follows from the model's shape. The
cache of prompts, which a setting bounds, has nothing yet.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from dataclasses import dataclass
from pathlib import Path

import uvloop

from bench.bars import MEMORY, Reached
from bench.streams import Question, over_http
from service.model.inspection import inspect
from tests.service.process import ServiceProcess, service_process

TOKENS = 32
MEGABYTE = 10**6


@dataclass(frozen=True, slots=True)
class Mapping:
    """A range of addresses: the file behind it, or nothing, and the bytes that are resident."""

    file: str
    resident: int


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident bytes. The engine's are without the weights and the cache."""

    gateway: int
    engine: int
    weights: int
    cache: int

    @property
    def above(self) -> int:
        return self.gateway + self.engine

    def __str__(self) -> str:
        names = ("gateway", "engine", "weights", "cache")
        return ", ".join(f"{name} {getattr(self, name) / MEGABYTE:.0f} MB" for name in names)


def mappings(smaps: str) -> list[Mapping]:
    """Of a process, from the text of its /proc/PID/smaps."""
    found: list[Mapping] = []
    file = ""
    for line in smaps.splitlines():
        first, *others = line.split()
        if not first.endswith(":"):
            file = " ".join(others[4:])
        elif first == "Rss:":
            found.append(Mapping(file, int(others[0]) * 1024))
    return found


def memory_of(gateway: list[Mapping], engine: list[Mapping], *, weights: int, cache: int) -> Memory:
    """Raises ValueError where the cache is not resident, and cannot be taken off."""
    if max(each.resident for each in engine if not each.file) < cache:
        raise ValueError(f"no mapping of the engine holds a cache of {cache} bytes")
    return Memory(
        gateway=sum(each.resident for each in gateway),
        engine=sum(each.resident for each in engine) - weights - cache,
        weights=weights,
        cache=cache,
    )


async def measure(*, threads: int, slots: int, context_tokens: int) -> Memory:
    with service_process(
        LLM_REST_AUTH="off",
        LLM_ENGINE_THREADS=str(threads),
        LLM_SLOTS=str(slots),
        LLM_CONTEXT_TOKENS=str(context_tokens),
    ) as service:
        service.wait_until_ready()
        async with over_http(service.url) as ask:
            await asyncio.gather(*(ask(Question(f"Count from {n}:", TOKENS)) for n in range(slots)))
        return memory_now(service)


def memory_now(service: ServiceProcess) -> Memory:
    engine = service.engine()
    parameters = json.loads(engine.cmdline()[-1])
    model = inspect(Path(parameters["model_path"]))
    tokens = parameters["context_tokens"] * parameters["slots"]
    return memory_of(
        mappings(smaps(service.process.pid)),
        mappings(smaps(engine.pid)),
        weights=model.bytes,
        cache=model.kv_bytes_per_token * tokens,
    )


def smaps(pid: int) -> str:
    return Path(f"/proc/{pid}/smaps").read_text()


def memory(*, threads: int, slots: int = 8, context_tokens: int = 2048) -> Memory:
    """Of the service with the bundled model, by default with a task's default slots."""
    return uvloop.run(measure(threads=threads, slots=slots, context_tokens=context_tokens))


def reached(*, threads: int) -> list[Reached]:
    found = memory(threads=threads)
    return [Reached(MEMORY, found.above / MEGABYTE, str(found))]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.memory")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--slots", type=int, default=8)
    parser.add_argument("--context-tokens", type=int, default=2048, help="of one slot")
    arguments = parser.parse_args()
    found = memory(**vars(arguments))
    print(f"{found.above / MEGABYTE:.0f} MB above the weights and the cache: {found}.")


if __name__ == "__main__":
    main()
