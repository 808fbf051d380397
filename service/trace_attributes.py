"""A request in the words of OpenTelemetry's semantic conventions.

HTTP and RPC: 1.44.0, https://github.com/open-telemetry/semantic-conventions/tree/v1.44.0/docs.
GenAI: 1.41.0, docs/gen-ai/gen-ai-spans.md, the last before it moved to a repository of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from service.logs import without_keys
from service.observation import Observation
from service.outcomes import CANCELLED, OK

Value = str | int | float | bool | list[str]
Attributes = dict[str, Value]

PROVIDER: Final = "llama.cpp"
PATH_CHARACTERS: Final = 256
METHODS: Final = frozenset(
    {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"}
)
# docs/rpc/grpc.md, "Server": those that are the server's fault.
FAILED_STATUSES: Final = frozenset(
    {"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"}
)
# Our names of what the conventions have names for. Stop sequences are the caller's text.
SAMPLING: Final = (
    *("max_tokens", "temperature", "top_p", "top_k", "frequency_penalty", "presence_penalty"),
    "seed",
)


def span_name(observation: Observation) -> str:
    """`POST /v1/completions`, `LLMService/Chat`; of few values, whatever clients send."""
    if observation.transport == "grpc":
        return observation.route.removeprefix("/")
    method = observation.arrival.method
    if method not in METHODS:
        return "HTTP"
    return method if observation.is_lost else f"{method} {observation.route}"


def attributes(observation: Observation, *, model: str, request_id: str | None) -> Attributes:
    """All of the request's span. No text, no key."""
    found = rpc(observation) if observation.transport == "grpc" else http(observation)
    if observation.client_address is not None:
        found["client.address"] = observation.client_address
    found["llm_on_ecs.outcome"] = observation.outcome
    if request_id is not None:
        found["llm_on_ecs.request_id"] = request_id
    if has_failed(observation):
        found["error.type"] = observation.outcome
    if observation.operation is not None:
        found |= asked(observation, model=model) | answered(observation, model=model)
    return found


def has_failed(observation: Observation) -> bool:
    """By a fault of the server's, or on the way to the client: not by the caller's own, who may
    also have enough and leave."""
    status = observation.status
    if observation.outcome == CANCELLED:
        return False
    if observation.transport == "grpc":
        return status in FAILED_STATUSES
    if not isinstance(status, int) or status >= 500:
        return True
    return status < 400 and observation.outcome != OK


def http(observation: Observation) -> Attributes:
    arrival, status = observation.arrival, observation.status
    found: Attributes = {
        "http.request.method": arrival.method if arrival.method in METHODS else "_OTHER",
        "url.path": without_keys(arrival.path)[:PATH_CHARACTERS],
        "url.scheme": arrival.scheme,
    }
    if not observation.is_lost:
        found["http.route"] = observation.route
    if status is not None:
        found["http.response.status_code"] = status
    return found


def rpc(observation: Observation) -> Attributes:
    return {
        "rpc.system.name": "grpc",
        "rpc.method": observation.route.removeprefix("/"),
        "rpc.response.status_code": str(observation.status),
    }


def asked(observation: Observation, *, model: str) -> Attributes:
    found: Attributes = {
        "gen_ai.operation.name": str(observation.operation),
        "gen_ai.provider.name": PROVIDER,
        "gen_ai.request.model": model,
        "gen_ai.request.stream": observation.streamed,
    }
    for name in SAMPLING:
        if (value := getattr(observation.sampling, name, None)) is not None:
            found[f"gen_ai.request.{name}"] = value
    if observation.choices != 1:
        found["gen_ai.request.choice.count"] = observation.choices
    return found


def answered(observation: Observation, *, model: str) -> Attributes:
    found: Attributes = {"gen_ai.response.model": model}
    if observation.answer_id is not None:
        found["gen_ai.response.id"] = observation.answer_id
    if observation.finish_reasons:
        reasons = observation.finish_reasons
        found["gen_ai.response.finish_reasons"] = [
            reasons[index].value for index in sorted(reasons)
        ]
    if observation.streamed and observation.times.first_token is not None:
        found["gen_ai.response.time_to_first_chunk"] = observation.times.first_token
    if (taken := observation.taken) is not None:
        found["gen_ai.usage.input_tokens"] = taken.prompt_tokens
        found["gen_ai.usage.output_tokens"] = taken.completion_tokens
        found["gen_ai.usage.cache_read.input_tokens"] = taken.cached_tokens
    return found


def phases(observation: Observation) -> Iterator[tuple[str, float, float | None]]:
    """Its name, and from when to when; to None: the request ended in it.

    The queue up to the slots, the prompt up to the first token, and the decoding of the others.
    """
    times = observation.times
    if times.queued is not None:
        yield "queue", times.queued, times.admitted
    if times.submitted is not None:
        yield "prompt", times.submitted, times.first_token
    if times.first_token is not None:
        is_whole = observation.outcome == OK
        yield "decode", times.first_token, times.last_token if is_whole else None
