"""Builds the parts of the service from its settings and joins them; starts nothing."""

from __future__ import annotations

from dataclasses import dataclass

from service.admission import AdmissionGate
from service.engine.client import EngineClient
from service.engine.parameters import EngineParameters
from service.engine.supervisor import EngineSupervisor
from service.health import Health
from service.inference import Inference, Limits
from service.keys import KeyRing
from service.metrics import Metrics
from service.model.bundled import bundled_model_path
from service.rest.app import RestApi
from service.rpc.servicer import LlmServicer
from service.settings import BUNDLED, Auth, ServiceSettings


@dataclass(frozen=True, slots=True)
class Parts:
    """What runs in the process."""

    health: Health
    metrics: Metrics
    keys: KeyRing
    gate: AdmissionGate
    engine: EngineClient
    supervisor: EngineSupervisor
    inference: Inference
    rest: RestApi
    rpc: LlmServicer


def assemble(settings: ServiceSettings, *, socket_path: str) -> Parts:
    """Call it inside a running event loop. Raises FileNotFoundError where there is no model."""
    health, metrics, keys = Health(), Metrics(), KeyRing()
    gate = AdmissionGate(
        slots=settings.slots,
        max_waiting=settings.max_waiting,
        max_wait_seconds=settings.max_wait_seconds,
    )
    parameters = engine_parameters(settings, socket_path=socket_path)
    engine = EngineClient(socket_path)
    supervisor = EngineSupervisor(parameters, engine, on_ready_change=health.set_engine_ready)
    inference = Inference(
        model_name=settings.model_name,
        engine=engine,
        gate=gate,
        health=health,
        metrics=metrics,
        limits=limits(settings),
    )
    rest = RestApi(
        inference=inference,
        keys=keys if settings.rest_auth is Auth.KEYS else None,
        health=health,
        metrics=metrics,
        max_body_bytes=settings.max_body_bytes,
    )
    rpc = LlmServicer(
        inference, keys=keys if settings.grpc_auth is Auth.KEYS else None, metrics=metrics
    )
    add_gauges(metrics, gate, supervisor)
    return Parts(health, metrics, keys, gate, engine, supervisor, inference, rest, rpc)


def engine_parameters(settings: ServiceSettings, *, socket_path: str) -> EngineParameters:
    bundled = settings.model_path == BUNDLED
    return EngineParameters(
        socket_path=socket_path,
        model_path=str(bundled_model_path()) if bundled else settings.model_path,
        model_name=settings.model_name,
        threads=settings.engine_threads,
        slots=settings.slots,
        context_tokens=settings.context_tokens,
        batch_tokens=settings.batch_tokens,
        prompt_cache_mib=settings.prompt_cache_mib,
        max_output_tokens=settings.max_output_tokens,
    )


def limits(settings: ServiceSettings) -> Limits:
    return Limits(
        context_tokens=settings.context_tokens,
        max_output_tokens=settings.max_output_tokens,
        max_wait_seconds=settings.max_wait_seconds,
        generation_seconds=settings.generation_timeout_seconds,
    )


def add_gauges(metrics: Metrics, gate: AdmissionGate, supervisor: EngineSupervisor) -> None:
    metrics.gauge("llm_requests_running", "Requests that hold a slot.", lambda: gate.running)
    metrics.gauge("llm_requests_waiting", "Requests that wait for a slot.", lambda: gate.waiting)
    metrics.gauge("llm_slots", "Requests that can run at the same time.", lambda: gate.slots)
    metrics.gauge(
        "llm_slot_utilization_percent",
        "Running and waiting requests in percent of the slots.",
        lambda: gate.utilization_percent,
    )
    metrics.gauge(
        "llm_engine_restarts", "Times the engine was started anew.", lambda: supervisor.restarts
    )
