"""What is left of a run: its sentences for a person, and its JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from bench.endpoints import Endpoint, Setup
from bench.generator.rounds import Measured, Plan
from bench.generator.table import failures, table
from bench.machine import Machine, load_averages


def printed(
    measured: Sequence[Measured], plan: Plan, endpoints: Sequence[Endpoint], machine: Machine
) -> Iterator[str]:
    yield from table(measured, plan.limits)
    yield ""
    yield from failures(measured)
    kept = ", ".join(f"{name} {most:g} ms" for name, most in plan.limits.items())
    yield (
        f"Medians of {plan.rounds} rounds (least to most); times in milliseconds"
        + (f"; goodput within {kept}" if kept else "")
        + f". {machine}, {', '.join(map(str, load_averages()))} at the end."
    )
    for endpoint in endpoints:
        if about := "; ".join(part for part in (endpoint.build, endpoint.note) if part):
            yield f"{endpoint.name}: {about}"


def document(
    measured: Sequence[Measured],
    plan: Plan,
    started: Sequence[Endpoint],
    setup: Setup | None,
    machine: Machine,
) -> dict[str, Any]:
    """All rounds, and on what and how they were made; no setup where nothing was started here."""
    return {
        "machine": asdict(machine),
        "load_averages_at_the_end": load_averages(),
        "setup": setup and asdict(setup) | {"file": setup.file.name},
        "rounds": plan.rounds,
        "seed": plan.seed,
        "patience_seconds": plan.patience_seconds,
        "limits_ms": dict(plan.limits),
        "loads": [load.document() for load in plan.loads],
        "servers": [
            {"name": endpoint.name, "build": endpoint.build, "note": endpoint.note}
            for endpoint in started
        ],
        "turns": [asdict(turn) for turn in measured],
    }
