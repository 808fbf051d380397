"""The service's settings, read once from LLM_* environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from service.model.bundled import BUNDLED
from service.setting_values import Origins, Something, form, remedy

PREFIX = "LLM_"
S3 = "s3://"


class SettingsError(Exception):
    """The environment does not make valid settings; the message says which variable and why."""


class Auth(StrEnum):
    """What a transport asks its callers for."""

    KEYS = "keys"
    JWT = "jwt"
    OFF = "off"


class LogLevel(StrEnum):
    """The least severity that is logged."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


class Embeddings(StrEnum):
    """How the vectors of a text's tokens become one: as the model's file says, or so."""

    OFF = "off"
    MODEL = "model"
    MEAN = "mean"
    CLS = "cls"
    LAST = "last"


class ServiceSettings(BaseModel):
    """Field `x_y` is the variable LLM_X_Y. Times in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    stage: Something = Field("local", description="Stage name; the metric's dimension.")
    log_level: LogLevel = LogLevel.INFO
    log_prompts: bool = Field(
        False, description="The log has what is asked and answered, the beginning of it."
    )
    log_client_addresses: bool = Field(False, description="Log from which address who asks.")
    trusted_hops: int = Field(
        0,
        ge=0,
        description="Proxies of ours, each of which adds to X-Forwarded-For. That none is passed "
        "by is for the security group to see to: who connects here itself is believed.",
    )
    metrics_namespace: Something = Field(
        "LlmOnEcs", description="CloudWatch namespace of the metric."
    )
    metrics_period_seconds: float = Field(
        20, gt=0, le=60, description="CloudWatch needs one a minute."
    )
    metrics_vllm_names: bool = Field(
        False, description="Metrics also under the names that vLLM gives them."
    )
    traces_endpoint: Annotated[
        str,
        form(
            r"https?://[^@\s]+",
            "set a whole URL with no password in it, like http://localhost:4318/v1/traces",
        ),
    ] = Field("", description="Where a collector takes OTLP over HTTP, usually /v1/traces.")
    traces_ratio: float = Field(
        1, ge=0, le=1, description="Share that is traced of what its caller has not decided on."
    )

    http_host: Something = "127.0.0.1"
    http_port: int = Field(8080, ge=0, le=65535)
    grpc_host: Something = "127.0.0.1"
    grpc_port: int = Field(50051, ge=0, le=65535)

    model_path: Something = Field(
        BUNDLED, description="A GGUF file, `bundled`, or s3://bucket/key, fetched at start."
    )
    model_sha256: Annotated[
        str, form("[0-9a-f]{64}", "set 64 hexadecimal digits in lower case, as sha256sum prints")
    ] = Field("", description="What a fetched model must hash to.")
    model_fetch_seconds: float = Field(
        120, gt=0, description="A model that is not fetched by then ends the process."
    )
    model_name: Something = Field("smollm2-135m-instruct", description="The model's id in the API.")
    engine_threads: int = Field(1, ge=1, description="Threads that compute; the task's vCPUs.")
    engine_program: str = Field(
        "", description="A `llama-server` (build_engine.py) to run instead of the wheel's engine."
    )
    slots: int = Field(8, ge=1, description="Generations at the same time.")
    context_tokens: int = Field(2048, ge=64, description="Context of one slot.")
    batch_tokens: int = Field(
        64, ge=1, description="Prompt tokens between two looks at whether the client is there."
    )
    embeddings: Embeddings = Field(
        Embeddings.OFF, description="How a text's vectors become one; off makes none."
    )
    draft_tokens: int = Field(
        0, ge=0, description="Tokens that are guessed from what the text had before; 0: none."
    )
    match_tokens: int = Field(
        6, ge=2, description="Tokens in a row that it must have had before, for a guess."
    )
    prompt_cache_mib: int = Field(256, ge=0, description="Host memory for the prompt cache.")
    engine_stall_seconds: float = Field(
        40, gt=0, description="An engine that has work and gets nowhere for so long is not ready."
    )
    max_output_tokens: int = Field(1024, ge=1, description="Most tokens one request may generate.")

    max_waiting: int = Field(32, ge=0, description="Requests that may wait for a slot.")
    max_waiting_prompt_tokens: int = Field(
        32768, ge=0, description="Of all that wait, by a usual number of characters a token."
    )
    max_wait_seconds: float = Field(30, gt=0)
    max_body_bytes: int = Field(1 << 20, ge=1024, description="Largest request, REST and gRPC.")
    max_header_bytes: int = Field(
        16384, ge=1024, description="Largest headers of a request, and largest gRPC metadata."
    )
    max_connections: int = Field(
        512, ge=1, description="Open connections, REST and gRPC each; health checks have more."
    )
    max_grpc_streams: int = Field(128, ge=1, description="Calls at once in a gRPC connection.")
    header_seconds: float = Field(
        10, gt=0, description="A new connection's request must have its headers by then."
    )
    generation_timeout_seconds: float = Field(300, gt=0, description="Longest generation.")
    keep_alive_seconds: float = Field(
        75, gt=0, description="Idle connections stay open; above the load balancer's timeout."
    )
    client_stall_seconds: float = Field(
        30, gt=0, description="A client that reads nothing of its answer for so long is cut off."
    )
    drain_lag_seconds: float = Field(
        5, ge=0, description="After SIGTERM, new requests are still accepted for this long."
    )
    drain_seconds: float = Field(
        110, gt=0, description="After SIGTERM, what still runs is ended: the lag is part of it."
    )

    rest_auth: Auth = Auth.KEYS
    grpc_auth: Auth = Auth.KEYS
    # The ARN says in which region the secret is.
    keys_source: Annotated[
        str,
        form(
            "file:.+|secretsmanager:arn:[^:]+:secretsmanager:[^:]+:.+",
            "set file:<path>, or secretsmanager:<the secret's whole ARN>",
        ),
    ] = ""
    cors_origins: Origins = Field(
        (), description="Origins whose web pages may use REST, with commas between, or `*`."
    )
    playground: bool = Field(False, description="A page at `/` to chat with the model from.")
    keys_poll_seconds: float = Field(60, gt=0, description="Between two reads of keys.")
    jwt_issuer: str = Field("", description="Whose access tokens are good: their `iss`.")
    jwt_audience: str = Field("", description="Their `aud`, or `client_id` where they have none.")
    jwt_jwks_url: Annotated[
        str,
        form(
            r"https://.+|http://(127\.0\.0\.1|localhost)[:/].+",
            "set a URL that begins with https://, or with http://localhost",
        ),
    ] = Field("", description="Where the issuer publishes its keys.")
    jwt_scope: str = Field("", description="A scope that they must have; empty: any will do.")

    @model_validator(mode="after")
    def _lag_is_part_of_the_drain(self) -> Self:
        if self.drain_lag_seconds >= self.drain_seconds:
            raise ValueError(
                f"LLM_DRAIN_LAG_SECONDS: got {self.drain_lag_seconds:g}, which leaves nothing of "
                f"LLM_DRAIN_SECONDS, {self.drain_seconds:g}; set a shorter lag or a longer drain"
            )
        return self

    @model_validator(mode="after")
    def _guesses_can_be_made(self) -> Self:
        drafts, needed = self.draft_tokens, self.slots * (1 + self.draft_tokens)
        if drafts and needed > self.batch_tokens:
            raise ValueError(
                f"LLM_DRAFT_TOKENS: got {drafts}, which for {self.slots} slots makes batches of "
                f"{needed} tokens, more than LLM_BATCH_TOKENS, {self.batch_tokens}; raise that, "
                "or set fewer"
            )
        if 0 < drafts < self.match_tokens:
            raise ValueError(
                f"LLM_DRAFT_TOKENS: got {drafts}, and the engine makes no guess that is shorter "
                f"than LLM_MATCH_TOKENS, {self.match_tokens}; set as many at least, or 0"
            )
        if drafts and self.embeddings is not Embeddings.OFF:
            raise ValueError(
                f"LLM_DRAFT_TOKENS: got {drafts}, but LLM_EMBEDDINGS is {self.embeddings.value}, "
                "and the two have not been tested together; set this to 0, or that to off"
            )
        return self

    @model_validator(mode="after")
    def _tokens_are_somebody_s(self) -> Self:
        if Auth.JWT in (self.rest_auth, self.grpc_auth):
            for name in ("jwt_issuer", "jwt_audience", "jwt_jwks_url"):
                if not getattr(self, name):
                    raise ValueError(
                        f"{PREFIX}{name.upper()}: missing; set it, because a transport asks for "
                        "access tokens (LLM_REST_AUTH or LLM_GRPC_AUTH is jwt)"
                    )
        return self

    @model_validator(mode="after")
    def _keys_come_from_somewhere(self) -> Self:
        if Auth.KEYS in (self.rest_auth, self.grpc_auth) and not self.keys_source:
            raise ValueError(
                "LLM_KEYS_SOURCE: missing; set file:<path> or secretsmanager:<arn>, "
                "or LLM_REST_AUTH=off and LLM_GRPC_AUTH=off where nobody else can reach it"
            )
        return self

    @model_validator(mode="after")
    def _fetched_weights_are_verified(self) -> Self:
        if self.model_path.startswith(S3) and not self.model_sha256:
            raise ValueError(
                f"LLM_MODEL_SHA256: missing; set the SHA-256 of {self.model_path}, "
                "which is verified before it is served"
            )
        return self

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Raises SettingsError that names each variable at fault, its value and what to set."""
        fields = {
            name.removeprefix(PREFIX).lower(): value
            for name, value in environment.items()
            if name.startswith(PREFIX)
        }
        try:
            return cls.model_validate(fields)
        except ValidationError as wrong:
            raise SettingsError("\n".join(sentence(error) for error in wrong.errors())) from None


def sentence(error: Mapping[str, Any]) -> str:
    """One of pydantic's errors in the reader's words."""
    if not (location := error["loc"]):
        return str(error["msg"]).removeprefix("Value error, ")
    variable = PREFIX + str(location[0]).upper()
    if error["type"] == "extra_forbidden":
        return f"{variable}: there is no such setting; remove it, or correct its name"
    return f"{variable}: got {error['input']!r}; {remedy(error)}"
