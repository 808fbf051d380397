"""The rules between sections of a stage; those within one are its own `problems`."""

from collections.abc import Iterator
from typing import Final

from infra.footprint import declared_footprint
from infra.sections.alarms import AlarmSettings
from infra.sections.endpoint import EndpointSettings
from infra.sections.function import FunctionSettings
from infra.sections.jwt import JwtSettings
from infra.sections.limits import LimitSettings
from infra.sections.model import ModelSettings
from infra.sections.monitoring import MonitoringSettings
from infra.sections.section import Problem
from infra.sections.task import TaskSettings
from infra.timeouts import MAX_GATEWAY_SILENCE_SECONDS, TimeoutBudget

# Lambda gives an instance one request at a time.
FUNCTION_SLOTS: Final = 1


def memory(task: TaskSettings, model: ModelSettings) -> Iterator[Problem]:
    """The model, its context and its cache fit the task."""
    yield from _memory("task.memory_mib", task.memory_mib, slots=model.slots, model=model)


def function(
    function: FunctionSettings, *, task: TaskSettings, model: ModelSettings
) -> Iterator[Problem]:
    """The function's image is built here with its model, which fits its memory."""
    if not function.enabled:
        return
    if task.image:
        yield Problem(
            "function.enabled",
            f"got true, but task.image is '{task.image}' and nothing is built; "
            "let the image be built, or set function.enabled to false",
        )
    if model.key:
        yield Problem(
            "function.enabled",
            f"got true, but model.path is '{model.path}' and a function fetches no model; "
            "take one that is in the image, or set function.enabled to false",
        )
    size = function.memory_mib
    yield from _memory("function.memory_mib", size, slots=FUNCTION_SLOTS, model=model)


def _memory(key: str, memory_mib: int, *, slots: int, model: ModelSettings) -> Iterator[Problem]:
    size = declared_footprint(model, slots=slots)
    if size is None:
        # Weights and context of this model are not known: leave them the larger half.
        if model.prompt_cache_mib > memory_mib // 2:
            yield Problem(
                "model.prompt_cache_mib",
                f"got {model.prompt_cache_mib}, more than half of {key} "
                f"{memory_mib}; choose at most {memory_mib // 2}",
            )
    elif size.needed > memory_mib:
        yield Problem(
            key,
            f"got {memory_mib}, but about {size.needed} MiB are needed ({size}); give it "
            "more memory, or the model fewer slots, less context or a smaller cache",
        )


def access_tokens(endpoint: EndpointSettings, jwt: JwtSettings) -> Iterator[Problem]:
    """Whoever asks for access tokens knows whose."""
    asking = [key for key in ("rest_auth", "grpc_auth") if getattr(endpoint, key) == "jwt"]
    if not asking:
        return
    for key in ("issuer", "audience", "jwks_url"):
        if getattr(jwt, key) is None:
            yield Problem(
                f"jwt.{key}",
                f"got none, but endpoint.{asking[0]} is 'jwt'; set it, or ask for 'keys'",
            )


def budget(monitoring: MonitoringSettings, alarms: AlarmSettings) -> Iterator[Problem]:
    """A budget has somebody who hears that it is spent."""
    if monitoring.monthly_budget_usd is not None and not alarms.heard:
        yield Problem(
            "monitoring.monthly_budget_usd",
            f"got {monitoring.monthly_budget_usd}, but nobody would hear that it is spent; "
            "name somebody in alarms.emails or alarms.webhooks",
        )


def gateway_time(endpoint: EndpointSettings, limits: LimitSettings) -> Iterator[Problem]:
    """API Gateway waits for the longest request."""
    longest = limits.longest_generation_seconds
    if endpoint.kind != "api-gateway" or _fits_gateway(longest):
        return
    most = max(filter(_fits_gateway, range(1, longest)))
    yield Problem(
        "limits.longest_generation_seconds",
        f"got {longest}, but API Gateway cuts what is silent for {MAX_GATEWAY_SILENCE_SECONDS} s, "
        "as an answer is that waits for a slot and is not streamed; choose at most "
        f"{most}, or set endpoint.kind to 'load-balancer'",
    )


def _fits_gateway(longest_generation_seconds: int) -> bool:
    budget = TimeoutBudget(longest_generation_seconds)
    return budget.gateway_timeout_seconds <= MAX_GATEWAY_SILENCE_SECONDS
