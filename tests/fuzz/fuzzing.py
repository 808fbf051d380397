"""Hands hypothesis' inputs to a running service, and looks whether it is still well."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from bench.paced.environment import paced_environment
from tests.fuzz.bodies import bodies, forms
from tests.fuzz.rest_inputs import http_inputs, posted
from tests.fuzz.rest_target import RestTarget, Wrong
from tests.fuzz.rpc_inputs import rpc_inputs
from tests.fuzz.rpc_target import RpcTarget
from tests.service.process import ServiceProcess, service_process

SECONDS = {"scripted": 10, "real": 45}  # for one answer, on a busy machine
Input = TypeVar("Input")


@dataclass
class Tally:
    """How many inputs were answered how."""

    rest: Counter[str] = field(default_factory=Counter)
    rpc: Counter[str] = field(default_factory=Counter)
    forms: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        return "\n".join(
            f"{name}: {counter.total()} inputs ({', '.join(map(ending, counter.most_common()))})"
            for name, counter in (("REST", self.rest), ("gRPC", self.rpc), ("Forms", self.forms))
        )


def ending(counted: tuple[str, int]) -> str:
    return f"{counted[0]}: {counted[1]}"


@contextmanager
def fuzzed_service(engine: str) -> Iterator[ServiceProcess]:
    """A service without keys, whose answers are short; its engine has no pauses, or is real."""
    with service_process(
        **(paced_environment(pace_ms=0) if engine == "scripted" else {}),
        LLM_REST_AUTH="off",
        LLM_SLOTS="2",
        LLM_MAX_OUTPUT_TOKENS="8",
        LLM_MAX_BODY_BYTES="100000",
        LLM_ENGINE_STALL_SECONDS="15",
        LLM_EMBEDDINGS="model",
    ) as service:
        service.wait_until_ready()
        yield service


def fuzz(engine: str, *, inputs: int, first: int, formats: bool = True) -> Tally:
    """Half the inputs by each transport, from hypothesis' seed `first` on, and half as many forms.

    Raises Wrong.
    """
    tally = Tally()
    with fuzzed_service(engine) as service, last_error_noted(service):
        child = service.engine()
        with closing(RestTarget(service.http_port, seconds=SECONDS[engine])) as rest:
            requests = http_inputs(bodies(formats=formats))
            offer(requests, rest.send, tally.rest, inputs=inputs // 2, first=first)
            if formats:
                formed = posted("/v1/completions", forms())
                offer(formed, rest.send, tally.forms, inputs=inputs // 4, first=first)
        with closing(RpcTarget(service.grpc_port, seconds=SECONDS[engine])) as rpc:
            calls = rpc_inputs(formats=formats)
            offer(calls, rpc.send, tally.rpc, inputs=inputs // 2, first=first)
        assert_well(service)
        assert service.engine() == child, "the engine was started anew"
        assert service.terminate() == 0
    return tally


@contextmanager
def last_error_noted(service: ServiceProcess) -> Iterator[None]:
    """Whatever goes wrong is raised with what the service said of it."""
    try:
        yield
    except BaseException as wrong:
        errors = [line for line in service.logs if line["level"] == "error"]
        wrong.add_note(f"The service's last error: {errors[-1] if errors else 'none'}")
        raise


def offer(
    strategy: st.SearchStrategy[Input],
    send: Callable[[Input], str],
    counted: Counter[str],
    *,
    inputs: int,
    first: int,
) -> None:
    """Each input to `send`; the first that it finds fault with is made small and raised."""

    @seed(first)
    @settings(
        max_examples=inputs,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def each(sent: Input) -> None:
        counted[send(sent)] += 1

    each()


def assert_well(service: ServiceProcess) -> None:
    """It answers, nothing is left running, and nothing failed that it did not expect."""
    assert httpx.get(f"{service.url}/health/ready").status_code == 200
    assert service.gauge("llm_requests_running") == 0
    assert service.gauge("llm_requests_waiting") == 0
    failed = [line for line in service.logs if line["level"] == "error" and not is_engines(line)]
    if failed:
        raise Wrong(f"the log has {len(failed)} errors; the first: {failed[0]}")


def is_engines(line: dict[str, Any]) -> bool:
    """llama.cpp's own lines, which begin with its clock: it calls a caller's mistake an error."""
    return re.match(r"[\d.]+ E ", line["message"]) is not None
