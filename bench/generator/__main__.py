"""Puts load on the service and its peers, on one machine and by turns.

    python -m bench.generator --streams 1,2,4,8,16 --out .bench
    python -m bench.generator --rate 1,2 --requests 60 --goodput ttft:500 tpot:50
    python -m bench.generator --trace bench/generator/bursts.csv --shared-prefix 256
    python -m bench.generator --url there=http://10.0.0.7:8080 --model-name llama

All servers run at once, with the same model file, threads and slots; one at a time is asked. A URL
is asked besides, with the key that LLM_API_KEY has.
"""

from __future__ import annotations

import argparse
import json
import os
import sys

import uvloop

from bench.endpoints import Endpoint
from bench.generator.arrivals import TraceError
from bench.generator.command_line import (
    PATHS,
    loads_of,
    parsed,
    plan_of,
    setup_of,
    urls_of,
    wanted_of,
)
from bench.generator.report import document, printed
from bench.generator.rounds import Measured, Plan, Unanswered, measure
from bench.generator.servers import started, targets_of
from bench.machine import Machine
from bench.progress import say


async def ask_all(
    endpoints: list[Endpoint], plan: Plan, arguments: argparse.Namespace
) -> list[Measured]:
    key = os.environ.get("LLM_API_KEY", "")
    async with targets_of(endpoints, path=PATHS[arguments.api], key=key) as targets:
        return await measure(targets, plan, say=say)


def run(arguments: argparse.Namespace) -> None:
    machine = Machine()
    loads = loads_of(arguments)
    plan, setup = plan_of(arguments, loads), setup_of(arguments, loads)
    with started(wanted_of(arguments, setup), say=say) as own:
        endpoints = own + urls_of(arguments)
        if not endpoints:
            sys.exit("There is nothing to ask; name another --server, or a --url.")
        measured = uvloop.run(ask_all(endpoints, plan, arguments))
    for line in printed(measured, plan, endpoints, machine):
        print(line)
    if arguments.out:
        arguments.out.mkdir(parents=True, exist_ok=True)
        whole = document(measured, plan, endpoints, setup if own else None, machine)
        (arguments.out / "run.json").write_text(json.dumps(whole, indent=1))


def main() -> None:
    arguments = parsed()
    try:
        run(arguments)
    except TraceError as error:
        sys.exit(f"{arguments.trace}: {error}")
    except Unanswered as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
