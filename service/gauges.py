"""What Prometheus reads of the task as it is at the moment."""

from __future__ import annotations

from service.admission import AdmissionGate
from service.engine.supervisor import EngineSupervisor
from service.health import Health
from service.logs import lines_lost
from service.metrics import Metrics


def add_gauges(
    metrics: Metrics, *, gate: AdmissionGate, supervisor: EngineSupervisor, health: Health
) -> None:
    """And what others count: the engine's restarts, the log's lost lines."""
    metrics.gauge(
        "llm_ready", "1 while the task should get requests, else 0.", lambda: health.ready
    )
    metrics.gauge(
        "llm_engine_ready",
        "1 while the engine answers; 0 while it loads, stalls or restarts.",
        lambda: health.engine_ready,
    )
    metrics.gauge("llm_requests_running", "Requests that hold a slot.", lambda: gate.running)
    metrics.gauge("llm_requests_waiting", "Requests that wait for a slot.", lambda: gate.waiting)
    metrics.gauge(
        "llm_waiting_prompt_tokens",
        "Prompt tokens of the requests that wait, by estimate.",
        lambda: gate.waiting_prompt_tokens,
    )
    metrics.gauge("llm_slots", "Requests that can run at the same time.", lambda: gate.slots)
    metrics.gauge(
        "llm_slot_utilization_percent",
        "Running and waiting requests in percent of the slots.",
        lambda: gate.utilization_percent,
    )
    metrics.counter(
        "llm_engine_restarts", "Times the engine was started anew.", lambda: supervisor.restarts
    )
    metrics.counter("llm_log_lines_lost", "Lines of the log that nobody read in time.", lines_lost)
