"""The seam to the service: environment, ports, health checks and metrics, each named once.

`service/settings.py` reads exactly these variables and `service/embedded_metrics.py` writes exactly
these metrics; contract tests hold the ends together.
"""

import math
from enum import Enum
from typing import Final

from infra.consistency.capacity import FUNCTION_SLOTS
from infra.sections.endpoint import EndpointSettings
from infra.sections.jwt import JwtSettings
from infra.settings import StageSettings
from infra.timeouts import TimeoutBudget

HTTP_PORT: Final = 8080
GRPC_PORT: Final = 50051

READINESS_PATH: Final = "/health/ready"
METRICS_PATH: Final = "/metrics"
GRPC_HEALTH_PATH: Final = "/grpc.health.v1.Health/Check"
LIVENESS_COMMAND: Final = ("CMD", "python", "-m", "service.probe")

METRICS_NAMESPACE: Final = "LlmOnEcs"
METRIC_DIMENSION: Final = "Stage"


class ServiceMetric(Enum):
    """What every task writes once a period, zeros included: name in CloudWatch, unit, meaning.

    The counts are of the period, so that a minute's Sum is the fleet's count.
    """

    # 100 (running + waiting) / slots, at the period's end. Its Average is over the tasks.
    SLOT_UTILIZATION = "SlotUtilization", "Percent"
    # Requests that ended, however they did.
    REQUESTS = "Requests", "Count"
    # Of these, ended by a fault of ours: no engine, an internal error, our own time limit.
    ERRORS = "Errors", "Count"
    # Of these, told to come back: queue full, waited too long, task about to stop.
    REFUSALS = "Refusals", "Count"
    # Every request's value, at most 100 in a period: a fair sample of more. Absent without any.
    TIME_TO_FIRST_TOKEN = "TimeToFirstToken", "Seconds"
    PROMPT_TOKENS = "PromptTokens", "Count"
    GENERATED_TOKENS = "GeneratedTokens", "Count"
    ENGINE_RESTARTS = "EngineRestarts", "Count"

    def __init__(self, metric_name: str, unit: str) -> None:
        self.metric_name = metric_name
        self.unit = unit


# Three datapoints in each minute that scaling reads: a lost log line leaves the minute with data.
METRICS_PERIOD_SECONDS: Final = 20
# The engine tells of its progress once a batch, which a big model on a small task computes slowly.
_STALL_SECONDS: Final = 30
_SLOWEST_TOKENS_PER_SECOND: Final = 10
# Of the load balancer's nodes, which keep some open; of scrapers and other monitors.
_IDLE_CONNECTIONS: Final = 256
# HTTP/2 advises to allow no fewer than 100: RFC 9113, section 6.5.2.
_SPARE_STREAMS: Final = 100
# The load balancer lets 64 KB pass; an access token, the longest that we ask for, has 1 to 4.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
_MAX_HEADER_BYTES: Final = 16 * 1024
_HEADER_SECONDS: Final = 10
# What adds to X-Forwarded-For: the load balancer, and before it the API Gateway, to be verified.
_HOPS: Final = {"load-balancer": 1, "api-gateway": 2}
# A person's network may be away this long; more is a slot that others wait for.
_CLIENT_STALL_SECONDS: Final = 30
# 131,072 tokens, the largest context allowed, are about 500 KB of text.
_MAX_BODY_BYTES: Final = 1024 * 1024


def container_environment(
    settings: StageSettings, *, keys_source: str, model_bucket: str | None = None
) -> dict[str, str]:
    """All variables of the container.

    `keys_source` is `secretsmanager:<secret arn>` or `file:<path>`. `model_bucket` is the name of
    the bucket that a stage with such a model has.
    """
    return {
        **_identity(settings),
        **_model(settings, bucket=model_bucket),
        **_connections(settings),
        **_time_limits(settings.budget),
        **_access(settings, keys_source=keys_source),
    }


def function_environment(settings: StageSettings) -> dict[str, str]:
    """All variables of the function: the container's, for one request at a time.

    Lambda queues nothing in an instance, and its IAM authorisation takes the header in which an
    API key would come. A request waits for an engine that loads as long as Lambda waits for it.
    """
    function = settings.function
    return container_environment(settings, keys_source="") | {
        "LLM_ENGINE_THREADS": str(function.threads),
        "LLM_SLOTS": str(FUNCTION_SLOTS),
        "LLM_MAX_WAITING": "0",
        "LLM_MAX_WAIT_SECONDS": str(function.timeout_seconds),
        "LLM_REST_AUTH": "off",
        "LLM_GRPC_AUTH": "off",
        "LLM_TRUSTED_HOPS": "0",  # the event has the client's address
        # A browser signs no requests.
        "LLM_CORS_ORIGINS": "",
        "LLM_PLAYGROUND": "false",
        # Frozen between invocations it would send them late, or never.
        "LLM_TRACES_ENDPOINT": "",
    }


def _identity(settings: StageSettings) -> dict[str, str]:
    return {
        "LLM_STAGE": settings.name,
        "LLM_METRICS_NAMESPACE": METRICS_NAMESPACE,
        "LLM_METRICS_PERIOD_SECONDS": str(METRICS_PERIOD_SECONDS),
        "LLM_METRICS_VLLM_NAMES": _switch(settings.monitoring.vllm_names),
        "LLM_TRACES_ENDPOINT": settings.monitoring.traces_endpoint or "",
        "LLM_TRACES_RATIO": str(settings.monitoring.traces_ratio),
        "LLM_LOG_LEVEL": settings.logs.level,
        "LLM_LOG_PROMPTS": _switch(settings.logs.prompts),
        "LLM_LOG_CLIENT_ADDRESSES": _switch(settings.logs.client_addresses),
        "LLM_TRUSTED_HOPS": str(_hops(settings.endpoint)),
        "LLM_HTTP_HOST": "0.0.0.0",
        "LLM_HTTP_PORT": str(HTTP_PORT),
        "LLM_GRPC_HOST": "0.0.0.0",
        "LLM_GRPC_PORT": str(GRPC_PORT),
    }


def _hops(endpoint: EndpointSettings) -> int:
    return _HOPS[endpoint.kind] if endpoint.trusted_hops is None else endpoint.trusted_hops


def _switch(on: bool) -> str:
    return str(on).lower()


def _model(settings: StageSettings, *, bucket: str | None) -> dict[str, str]:
    model, engine = settings.model, settings.engine
    return {
        "LLM_MODEL_PATH": f"s3://{bucket}/{model.key}" if model.key else model.path,
        "LLM_MODEL_SHA256": model.sha256 or "",
        "LLM_MODEL_NAME": model.name,
        # CPU limits can sit on the parent cgroup, where the container cannot see them: it is told.
        "LLM_ENGINE_THREADS": str(math.ceil(settings.task.cpu / 1024)),
        "LLM_SLOTS": str(engine.slots),
        "LLM_CONTEXT_TOKENS": str(engine.context_tokens),
        "LLM_BATCH_TOKENS": str(engine.batch_tokens),
        "LLM_EMBEDDINGS": engine.embeddings,
        "LLM_DRAFT_TOKENS": str(settings.speculation.draft_tokens),
        "LLM_MATCH_TOKENS": str(settings.speculation.match_tokens),
        "LLM_PROMPT_CACHE_MIB": str(engine.prompt_cache_mib),
        "LLM_ENGINE_STALL_SECONDS": str(
            _STALL_SECONDS + engine.batch_tokens // _SLOWEST_TOKENS_PER_SECOND
        ),
        "LLM_MAX_OUTPUT_TOKENS": str(engine.max_output_tokens),
        "LLM_MAX_WAITING": str(settings.limits.max_waiting),
        # As many as would fill all slots' contexts and as many again.
        "LLM_MAX_WAITING_PROMPT_TOKENS": str(2 * engine.slots * engine.context_tokens),
        "LLM_MAX_BODY_BYTES": str(_MAX_BODY_BYTES),
    }


def _connections(settings: StageSettings) -> dict[str, str]:
    """Room for all that may run or wait, twice: those that are refused have connections too."""
    requests = settings.engine.slots + settings.limits.max_waiting
    return {
        "LLM_MAX_CONNECTIONS": str(_IDLE_CONNECTIONS + 2 * requests),
        # A call too many waits at its client, untold; one that comes is told when to come again.
        "LLM_MAX_GRPC_STREAMS": str(_SPARE_STREAMS + 2 * requests),
        "LLM_MAX_HEADER_BYTES": str(_MAX_HEADER_BYTES),
        "LLM_HEADER_SECONDS": str(_HEADER_SECONDS),
        "LLM_CLIENT_STALL_SECONDS": str(_CLIENT_STALL_SECONDS),
    }


def _time_limits(budget: TimeoutBudget) -> dict[str, str]:
    return {
        "LLM_MODEL_FETCH_SECONDS": str(budget.fetch_seconds),
        "LLM_MAX_WAIT_SECONDS": str(budget.max_wait_seconds),
        "LLM_GENERATION_TIMEOUT_SECONDS": str(budget.longest_generation_seconds),
        "LLM_KEEP_ALIVE_SECONDS": str(budget.keep_alive_seconds),
        "LLM_DRAIN_LAG_SECONDS": str(budget.drain_lag_seconds),
        "LLM_DRAIN_SECONDS": str(budget.drain_seconds),
    }


def _access(settings: StageSettings, *, keys_source: str) -> dict[str, str]:
    auth, browser = settings.auth, settings.browser
    return {
        "LLM_REST_AUTH": auth.rest,
        "LLM_GRPC_AUTH": auth.grpc,
        "LLM_KEYS_SOURCE": keys_source,
        "LLM_CORS_ORIGINS": ",".join(browser.cors_origins),
        "LLM_PLAYGROUND": _switch(browser.playground),
        "LLM_KEYS_POLL_SECONDS": str(auth.poll_seconds),
        **_access_tokens(settings.jwt),
    }


def _access_tokens(jwt: JwtSettings) -> dict[str, str]:
    return {
        "LLM_JWT_ISSUER": jwt.issuer or "",
        "LLM_JWT_AUDIENCE": jwt.audience or "",
        "LLM_JWT_JWKS_URL": jwt.jwks_url or "",
        "LLM_JWT_SCOPE": jwt.scope or "",
    }
