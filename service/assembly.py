"""Builds the parts of the service from its settings and joins them; starts nothing."""

from __future__ import annotations

from asyncio.subprocess import Process
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.admission import AdmissionGate
from service.authentication import Authenticator
from service.authenticators import authenticators
from service.client_addresses import ClientAddresses
from service.embedded_metrics import EmbeddedMetrics
from service.engine.client import EngineClient
from service.engine.supervisor import EngineSupervisor
from service.engine_assembly import engine_of
from service.fingerprint import fingerprint, processor_features
from service.gauges import add_gauges
from service.health import Health
from service.inference import Inference, TimeLimits
from service.line_writer import LineWriter
from service.metrics import Metrics
from service.observation import UNKNOWN_ROUTE
from service.observer import Observer, Sink
from service.quotas import Quotas
from service.request_log import RequestLog
from service.rest.app import RestApi
from service.rest.callers import SecondsLeft, unlimited
from service.rpc.servicer import LlmServicer
from service.rules import Rules
from service.settings import Auth, Embeddings, ServiceSettings
from service.vllm_names import VllmNames

if TYPE_CHECKING:
    from service.model.remote import RemoteModel
    from service.traces import Traces

STANDARD_OUTPUT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """What both transports share."""

    health: Health
    metrics: Metrics
    observer: Observer
    quotas: Quotas
    authenticators: Mapping[Auth, Authenticator]
    addresses: ClientAddresses
    gate: AdmissionGate
    inference: Inference


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What runs in the process."""

    health: Health
    metrics: Metrics
    observer: Observer
    traces: Traces | None
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
    engine_process: Process | None = None,
    streams: bool = True,
    seconds_left: SecondsLeft = unlimited,
) -> Parts:
    """Call it inside a running event loop. Raises FileNotFoundError where there is no model.

    Weights that have to be fetched will lie beside the socket. `engine_process` is the first one,
    if it has been started already.
    """
    health, traces = Health(), traces_of(settings)
    engine = engine_of(settings, health, socket_path=socket_path, started=engine_process)
    core = core_of(settings, health, engine.client, traces)
    rest = rest_api(settings, core, streams=streams, seconds_left=seconds_left)
    rpc = servicer(settings, core)
    measure(settings, core, engine.supervisor, rest.routes() | rpc.routes())
    return Parts(
        health=health,
        metrics=core.metrics,
        observer=core.observer,
        traces=traces,
        embedded=embedded_metrics(settings, core.metrics, core.gate, engine.supervisor),
        authenticators=core.authenticators,
        gate=core.gate,
        engine=engine.client,
        remote_model=engine.remote_model,
        supervisor=engine.supervisor,
        inference=core.inference,
        rest=rest,
        rpc=rpc,
    )


def core_of(
    settings: ServiceSettings, health: Health, engine: EngineClient, traces: Traces | None
) -> Core:
    metrics, quotas = Metrics(model=settings.model_name), Quotas()
    gate = admission_gate(settings)
    inference = Inference(
        rules=rules(settings),
        engine=engine,
        gate=gate,
        quotas=quotas,
        health=health,
        metrics=metrics,
        limits=time_limits(settings),
    )
    return Core(
        health=health,
        metrics=metrics,
        observer=make_observer(settings, metrics, traces),
        quotas=quotas,
        authenticators=authenticators(settings, quotas),
        addresses=ClientAddresses(
            trusted_hops=settings.trusted_hops, kept=settings.log_client_addresses
        ),
        gate=gate,
        inference=inference,
    )


def admission_gate(settings: ServiceSettings) -> AdmissionGate:
    return AdmissionGate(
        slots=settings.slots,
        max_waiting=settings.max_waiting,
        max_waiting_prompt_tokens=settings.max_waiting_prompt_tokens,
        max_wait_seconds=settings.max_wait_seconds,
    )


def rest_api(
    settings: ServiceSettings, core: Core, *, streams: bool, seconds_left: SecondsLeft
) -> RestApi:
    return RestApi(
        inference=core.inference,
        authenticator=core.authenticators[settings.rest_auth],
        quotas=core.quotas,
        health=core.health,
        metrics=core.metrics,
        observer=core.observer,
        fingerprint=answers_fingerprint(settings),
        limits=time_limits(settings),
        max_body_bytes=settings.max_body_bytes,
        streams=streams,
        seconds_left=seconds_left,
        addresses=core.addresses,
        cors_origins=settings.cors_origins,
        playground_of=core.gate if settings.playground else None,
    )


def servicer(settings: ServiceSettings, core: Core) -> LlmServicer:
    return LlmServicer(
        core.inference,
        authenticator=core.authenticators[settings.grpc_auth],
        observer=core.observer,
        fingerprint=answers_fingerprint(settings),
        stall_seconds=settings.client_stall_seconds,
        longest_wait_seconds=settings.max_wait_seconds,
        max_connections=settings.max_connections,
        addresses=core.addresses,
    )


def measure(
    settings: ServiceSettings,
    core: Core,
    supervisor: EngineSupervisor,
    routes: Mapping[str, bool],
) -> None:
    """Has the metrics know what they will be asked for: gauges, and series that begin at zero."""
    add_gauges(core.metrics, gate=core.gate, supervisor=supervisor, health=core.health)
    for route, generates in {**routes, UNKNOWN_ROUTE: False}.items():
        core.metrics.expect(route, generates=generates)
    if settings.metrics_vllm_names:
        core.metrics.registry.register(VllmNames(core.metrics, core.gate))


def traces_of(settings: ServiceSettings) -> Traces | None:
    if not settings.traces_endpoint:
        return None
    # Here, because only this needs OpenTelemetry, which takes a tenth of a second.
    from service.traces import Traces

    return Traces(
        endpoint=settings.traces_endpoint,
        ratio=settings.traces_ratio,
        stage=settings.stage,
        model=settings.model_name,
    )


def make_observer(settings: ServiceSettings, metrics: Metrics, traces: Traces | None) -> Observer:
    sinks: list[Sink] = [metrics, RequestLog()]
    if traces is not None:
        sinks.append(traces)
    return Observer(*sinks, keeps_texts=settings.log_prompts)


def answers_fingerprint(settings: ServiceSettings) -> str:
    changing = {
        "model_name",
        "model_path",
        "model_sha256",
        "engine_program",
        "engine_threads",
        "slots",
        "context_tokens",
        "batch_tokens",
    }
    if settings.draft_tokens:
        changing |= {"draft_tokens", "match_tokens"}
    # The wheel's engine computes alike on all of them.
    features = processor_features() if settings.engine_program else ""
    return fingerprint(**settings.model_dump(include=changing), features=features)


def rules(settings: ServiceSettings) -> Rules:
    return Rules(
        model_name=settings.model_name,
        context_tokens=settings.context_tokens,
        max_output_tokens=settings.max_output_tokens,
        slots=settings.slots,
        embeds=settings.embeddings is not Embeddings.OFF,
        guesses=settings.draft_tokens > 0,
    )


def time_limits(settings: ServiceSettings) -> TimeLimits:
    return TimeLimits(
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
        lines=LineWriter(STANDARD_OUTPUT),
    )
