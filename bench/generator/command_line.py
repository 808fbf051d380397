"""The generator's command line: what it asks for, as loads and servers."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench.endpoints import MODEL, Endpoint, Setup
from bench.generator.loads import Load, Rate, Streams, Trace
from bench.generator.rounds import Plan
from bench.generator.servers import SERVERS, Server
from bench.generator.summary import LIMITED
from bench.ours import Ours
from bench.prompts import Lengths
from bench.streams import CHAT, COMPLETIONS
from service.model.bundled import bundled_model_path

SLOTS = 8  # where no number of streams says otherwise
SPARE_TOKENS = 64  # for a chat's template
CONTEXT_STEP = 256
PATHS = {"completions": COMPLETIONS, "chat": CHAT}


def numbers(text: str) -> list[float]:
    """`1,2.5`, each above 0."""
    found = [float(part) for part in text.split(",")]
    if min(found) <= 0:
        raise ValueError
    return found


def limit(text: str) -> tuple[str, float]:
    """`ttft:500`."""
    name, _, most = text.partition(":")
    if name not in LIMITED:
        raise argparse.ArgumentTypeError(f"got {text}; write {' or '.join(LIMITED)}, then :500")
    return name, float(most)


def named_url(text: str) -> tuple[str, str]:
    """`name=http://...`."""
    name, _, url = text.partition("=")
    if not url.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError(f"got {text}; write name=http://...")
    return name, url


def parsed(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.generator")
    add_load(parser)
    add_servers(parser)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--patience", type=float, default=120, help="seconds, for a whole answer")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="decides on the prompts")
    parser.add_argument("--out", type=Path, help="a folder: all rounds as run.json")
    return parser.parse_args(words)


def add_load(parser: argparse.ArgumentParser) -> None:
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument(
        "--streams", "--sweep", type=numbers, default=[1, 2, 4, 8, 16], help="at once: 1,2,4,8,16"
    )
    kind.add_argument("--rate", type=numbers, help="requests a second, at random moments: 0.5,1,2")
    kind.add_argument("--trace", type=Path, help="a file of arrivals: bench/generator/arrivals.py")
    parser.add_argument("--requests", type=int, help="of a turn; else two for each stream, or 40")
    parser.add_argument("--prompt-tokens", type=int, default=64)
    parser.add_argument("--output-tokens", type=int, default=64)
    parser.add_argument("--shared-prefix", type=int, default=0, help="tokens before every prompt")
    parser.add_argument("--api", choices=list(PATHS), default="completions", help="of REST")
    parser.add_argument(
        "--goodput", type=limit, nargs="+", default=[], help="limits in ms: ttft:500 tpot:50"
    )


def add_servers(parser: argparse.ArgumentParser) -> None:
    names = [server.name for server in SERVERS]
    parser.add_argument("--server", choices=names, action="append", help="only these")
    parser.add_argument("--url", type=named_url, action="append", default=[], help="name=http://")
    parser.add_argument("--model-name", default=MODEL, help="what requests to a URL name")
    parser.add_argument("--model", type=Path, help="a GGUF file; else the bundled one")
    parser.add_argument("--prepared", type=Path, help="the service with this one besides")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--slots", type=int, help="of each server; else as many as streams")


def loads_of(arguments: argparse.Namespace) -> list[Load]:
    """Raises TraceError."""
    lengths = Lengths(arguments.prompt_tokens, arguments.output_tokens, arguments.shared_prefix)
    requests: int | None = arguments.requests
    if arguments.trace:
        lines = tuple(arguments.trace.read_text().splitlines())
        trace = Trace(arguments.trace.stem, lines, arguments.shared_prefix)
        trace.arrivals(seed="")
        return [trace]
    if arguments.rate:
        return [Rate(rate, requests or 40, lengths) for rate in arguments.rate]
    return [
        Streams(int(streams), requests or max(4, 2 * int(streams)), lengths)
        for streams in arguments.streams
    ]


def setup_of(arguments: argparse.Namespace, loads: Sequence[Load]) -> Setup:
    streams = [load.streams for load in loads if isinstance(load, Streams)]
    tokens = max(load.most_tokens for load in loads) + SPARE_TOKENS
    return Setup(
        file=arguments.model or bundled_model_path(),
        threads=arguments.threads,
        slots=arguments.slots or max(streams, default=SLOTS),
        context_tokens=-(-tokens // CONTEXT_STEP) * CONTEXT_STEP,
    )


def wanted_of(arguments: argparse.Namespace, setup: Setup) -> list[tuple[Server, Setup]]:
    names = arguments.server or ([] if arguments.url else [server.name for server in SERVERS])
    found = [(server, setup) for server in SERVERS if server.name in names]
    if arguments.prepared:
        found.insert(
            1, (Ours(name="llm-on-ecs, prepared"), replace(setup, file=arguments.prepared))
        )
    return found


def urls_of(arguments: argparse.Namespace) -> list[Endpoint]:
    """Servers that run already."""
    return [
        Endpoint(name=name, url=url, processes=(), model=arguments.model_name)
        for name, url in arguments.url
    ]


def plan_of(arguments: argparse.Namespace, loads: Sequence[Load]) -> Plan:
    return Plan(
        loads=loads,
        rounds=arguments.rounds,
        seed=arguments.seed,
        patience_seconds=arguments.patience,
        limits=dict(arguments.goodput),
    )
