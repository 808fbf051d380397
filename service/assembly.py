"""Builds the parts of the service from its settings and joins them; starts nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from service.admission import AdmissionGate
from service.authentication import Anyone, Authenticator
from service.embedded_metrics import EmbeddedMetrics
from service.engine.client import EngineClient
from service.engine.parameters import EngineParameters
from service.engine.supervisor import EngineSupervisor
from service.health import Health
from service.inference import Inference, Limits
from service.keys import KeyRing, key_source
from service.metrics import Metrics
from service.model.bundled import bundled_model_path
from service.model.remote import RemoteModel
from service.rest.app import RestApi, SecondsLeft, unlimited
from service.rpc.servicer import LlmServicer
from service.settings import BUNDLED, S3, Auth, ServiceSettings


@dataclass(frozen=True, slots=True)
class Parts:
    """What runs in the process."""

    health: Health
    metrics: Metrics
    embedded: EmbeddedMetrics
    authenticators: Mapping[Auth, Authenticator]
    gate: AdmissionGate
    engine: EngineClient
    remote_model: RemoteModel | None
    supervisor: EngineSupervisor
    inference: Inference
    rest: RestApi
    rpc: LlmServicer


def assemble(
    settings: ServiceSettings,
    *,
    socket_path: str,
    streams: bool = True,
    seconds_left: SecondsLeft = unlimited,
) -> Parts:
    """Call it inside a running event loop. Raises FileNotFoundError where there is no model.

    Weights that have to be fetched will lie beside the socket.
    """
    health, metrics = Health(), Metrics()
    authenticators = {auth: authenticator(auth, settings) for auth in used(settings)}
    gate = AdmissionGate(
        slots=settings.slots,
        max_waiting=settings.max_waiting,
        max_wait_seconds=settings.max_wait_seconds,
    )
    remote = remote_model(settings, folder=Path(socket_path).parent)
    model_path = remote.file if remote else local_model_path(settings)
    parameters = engine_parameters(settings, socket_path=socket_path, model_path=model_path)
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
        authenticator=authenticators[settings.rest_auth],
        health=health,
        metrics=metrics,
        max_body_bytes=settings.max_body_bytes,
        streams=streams,
        seconds_left=seconds_left,
    )
    rpc = LlmServicer(inference, authenticator=authenticators[settings.grpc_auth], metrics=metrics)
    add_gauges(metrics, gate, supervisor, health)
    embedded = embedded_metrics(settings, metrics, gate, supervisor)
    return Parts(
        health,
        metrics,
        embedded,
        authenticators,
        gate,
        engine,
        remote,
        supervisor,
        inference,
        rest,
        rpc,
    )


def used(settings: ServiceSettings) -> set[Auth]:
    """What the two transports ask for; where it is the same, they share one authenticator."""
    return {settings.rest_auth, settings.grpc_auth}


def authenticator(auth: Auth, settings: ServiceSettings) -> Authenticator:
    match auth:
        case Auth.KEYS:
            return KeyRing(key_source(settings.keys_source))
        case Auth.JWT:
            # Here, because only this needs cryptography, which takes a tenth of a second.
            from service.access_tokens import Expected, KeySet, TokenVerifier

            expected = Expected(
                issuer=settings.jwt_issuer,
                audience=settings.jwt_audience,
                scope=settings.jwt_scope or None,
            )
            return TokenVerifier(KeySet(settings.jwt_jwks_url), expected)
        case Auth.OFF:
            return Anyone()


def remote_model(settings: ServiceSettings, *, folder: Path) -> RemoteModel | None:
    if not settings.model_path.startswith(S3):
        return None
    return RemoteModel(
        settings.model_path,
        file=folder / "model.gguf",
        sha256=settings.model_sha256,
        within_seconds=settings.model_fetch_seconds,
    )


def local_model_path(settings: ServiceSettings) -> Path:
    bundled = settings.model_path == BUNDLED
    return bundled_model_path() if bundled else Path(settings.model_path)


def engine_parameters(
    settings: ServiceSettings, *, socket_path: str, model_path: Path
) -> EngineParameters:
    return EngineParameters(
        socket_path=socket_path,
        model_path=str(model_path),
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


def embedded_metrics(
    settings: ServiceSettings, metrics: Metrics, gate: AdmissionGate, supervisor: EngineSupervisor
) -> EmbeddedMetrics:
    return EmbeddedMetrics(
        metrics,
        namespace=settings.metrics_namespace,
        stage=settings.stage,
        utilization=lambda: gate.utilization_percent,
        restarts=lambda: supervisor.restarts,
    )


def add_gauges(
    metrics: Metrics, gate: AdmissionGate, supervisor: EngineSupervisor, health: Health
) -> None:
    metrics.gauge(
        "llm_ready", "1 while the task should get requests, else 0.", lambda: health.ready
    )
    metrics.gauge("llm_requests_running", "Requests that hold a slot.", lambda: gate.running)
    metrics.gauge("llm_requests_waiting", "Requests that wait for a slot.", lambda: gate.waiting)
    metrics.gauge("llm_slots", "Requests that can run at the same time.", lambda: gate.slots)
    metrics.gauge(
        "llm_slot_utilization_percent",
        "Running and waiting requests in percent of the slots.",
        lambda: gate.utilization_percent,
    )
    metrics.counter(
        "llm_engine_restarts", "Times the engine was started anew.", lambda: supervisor.restarts
    )
