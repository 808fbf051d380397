"""Many clients against few slots: how every request ends, and what is left behind.

    python -m bench.load
    python -m bench.load --engine paced --clients 60 --seconds 10
    python -m bench.load --cache-mib 256 --seconds 900 --settled 600   # a stage's own cache, filled

Ends with status 1 where something is wrong: an ending that no request may have, a request that is
still counted, memory that grows, a file left open, an error in the log.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import uvloop

from bench.askers import rest_asker, rpc_asker
from bench.crowd import Endings, EverySecond, Wish, crowd
from bench.footprint import Footprint
from bench.machine import how_busy
from bench.paced.environment import paced_environment
from tests.service.process import ServiceProcess, service_process

SLOTS = 4
RPC_CONNECTIONS = 8
CACHE_MIB = 32  # full in the first minute: it fills to its bound, and then grows no further
GROWTH_PERCENT_AT_MOST = 5
FREE, LIMITED = "sk-without-limits", "sk-with-limits"
PACE_MS = 10
END_SECONDS = 10  # until all that was cancelled has ended, and connections have closed


@dataclass
class Result:
    """What came of it, and what is wrong with that."""

    endings: Endings
    wrong: list[str]
    told: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        counted = [f"{count:7} {how}" for how, count in sorted(self.endings.counted.items())]
        return "\n".join([*counted, *self.told])


def stored_keys() -> str:
    def entry(name: str, key: str) -> dict[str, object]:
        return {"name": name, "sha256": hashlib.sha256(key.encode()).hexdigest()}

    limits = {"requests_per_minute": 10, "tokens_per_minute": 6000}
    return json.dumps({"keys": [entry("free", FREE), entry("limited", LIMITED) | limits]})


@contextmanager
def loaded_service(engine: str, *, cache_mib: int = CACHE_MIB) -> Iterator[ServiceProcess]:
    with tempfile.TemporaryDirectory(prefix="load-") as folder:
        keys = Path(folder) / "keys.json"
        keys.write_text(stored_keys())
        with service_process(
            **(paced_environment(pace_ms=PACE_MS) if engine == "paced" else {}),
            LLM_KEYS_SOURCE=f"file:{keys}",
            LLM_GRPC_AUTH="keys",
            LLM_SLOTS=str(SLOTS),
            LLM_PROMPT_CACHE_MIB=str(cache_mib),
        ) as service:
            service.wait_until_ready()
            yield service


async def load(service: ServiceProcess, *, clients: int, seconds: float, settled: float) -> Result:
    """`settled` is when memory may no longer grow; never, where it is beyond `seconds`."""
    gateway = psutil.Process(service.process.pid)
    processes = {"gateway": gateway, "engine": service.engine()}
    footprints = {name: Footprint() for name in processes}

    async def every_second(age: float) -> None:
        for name, process in processes.items():
            footprints[name].add(age, process)

    await ask_once(service)
    files = gateway.num_fds()
    endings = await ask_all(service, clients, seconds, every_second)
    gc.collect()  # gRPC closes the connections of a channel when nothing refers to it any more
    result = Result(endings, list(endings.problems))
    await check_left(service, files, result)
    check_log(service, result)
    if settled < seconds:
        check_memory(footprints, settled, result)
    return result


async def ask_all(
    service: ServiceProcess, clients: int, seconds: float, every_second: EverySecond
) -> Endings:
    async with (
        rest_asker(service.url) as rest,
        rpc_asker(service.grpc_port, connections=RPC_CONNECTIONS) as rpc,
    ):
        return await crowd(
            clients, (rest, rpc), (FREE, LIMITED), seconds=seconds, every_second=every_second
        )


async def ask_once(service: ServiceProcess) -> None:
    """The first request of each transport opens what stays open."""
    async with rest_asker(service.url) as rest, rpc_asker(service.grpc_port, connections=1) as rpc:
        for asker in (rest, rpc):
            await asker.ask(Wish("Hello", tokens=2, stream=True, key=FREE))


async def check_left(service: ServiceProcess, files: int, result: Result) -> None:
    gateway = psutil.Process(service.process.pid)
    gauges = ("llm_requests_running", "llm_requests_waiting")
    for _ in range(END_SECONDS * 10):
        left = {name: await asyncio.to_thread(service.gauge, name) for name in gauges}
        left["open files"] = max(0, gateway.num_fds() - files)
        if not any(left.values()):
            break
        await asyncio.sleep(0.1)
    result.told.append(f"left {END_SECONDS} s later at most: {left}")
    result.wrong += [f"{name} is {value:g} in the end" for name, value in left.items() if value]


def check_log(service: ServiceProcess, result: Result) -> None:
    failed = [line for line in service.logs if line["level"] in {"error", "critical"}]
    result.told.append(f"{len(service.logs)} log lines, {len(failed)} errors")
    result.wrong += [f"the log has {line}" for line in failed[:3]]
    if service.gauge("llm_engine_restarts_total"):
        result.wrong.append("the engine was started anew")


def check_memory(footprints: dict[str, Footprint], settled: float, result: Result) -> None:
    for name, footprint in footprints.items():
        result.told.append(f"{name}: {footprint.told(since=settled)}")
        growth = footprint.growth_percent(since=settled)
        if growth >= GROWTH_PERCENT_AT_MOST:
            result.wrong.append(f"the {name}'s memory grew by {growth:.1f} %")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.load")
    parser.add_argument("--engine", choices=["real", "paced"], default="real")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--settled", type=float, default=60, help="memory grows no more from then")
    parser.add_argument("--cache-mib", type=int, default=CACHE_MIB, help="the prompt cache's bound")
    arguments = parser.parse_args()
    with loaded_service(arguments.engine, cache_mib=arguments.cache_mib) as service:
        work = load(
            service,
            clients=arguments.clients,
            seconds=arguments.seconds,
            settled=arguments.settled,
        )
        result = uvloop.run(work)
    print(result)
    print(f"{how_busy()} at the end.")
    sys.exit("\n".join(["Wrong:", *result.wrong]) if result.wrong else 0)


if __name__ == "__main__":
    main()
