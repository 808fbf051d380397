"""The service's settings, read once from LLM_* environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

PREFIX = "LLM_"
BUNDLED = "bundled"
S3 = "s3://"


class SettingsError(Exception):
    """The environment does not make valid settings; the message says which variable and why."""


class Auth(StrEnum):
    """What a transport asks its callers for."""

    KEYS = "keys"
    JWT = "jwt"
    OFF = "off"


class ServiceSettings(BaseModel):
    """Field `x_y` is the variable LLM_X_Y. Times in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stage: str = Field("local", description="Stage name; the metric's dimension.")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    metrics_namespace: str = Field("LlmOnEcs", description="CloudWatch namespace of the metric.")
    metrics_period_seconds: float = Field(
        20, gt=0, le=60, description="CloudWatch needs one a minute."
    )

    http_host: str = "127.0.0.1"
    http_port: int = Field(8080, ge=0, le=65535)
    grpc_host: str = "127.0.0.1"
    grpc_port: int = Field(50051, ge=0, le=65535)

    model_path: str = Field(
        BUNDLED, description="A GGUF file, `bundled`, or s3://bucket/key, fetched at start."
    )
    model_sha256: str = Field(
        "", pattern="^([0-9a-f]{64})?$", description="What a fetched model must hash to."
    )
    model_fetch_seconds: float = Field(
        120, gt=0, description="A model that is not fetched by then ends the process."
    )
    model_name: str = Field("smollm2-135m-instruct", description="The model's id in the API.")
    engine_threads: int = Field(1, ge=1, description="Threads that compute; the task's vCPUs.")
    slots: int = Field(8, ge=1, description="Generations at the same time.")
    context_tokens: int = Field(2048, ge=64, description="Context of one slot.")
    batch_tokens: int = Field(
        64, ge=1, description="Prompt tokens between two looks at whether the client is there."
    )
    prompt_cache_mib: int = Field(256, ge=0, description="Host memory for the prompt cache.")
    max_output_tokens: int = Field(1024, ge=1, description="Most tokens one request may generate.")

    max_waiting: int = Field(32, ge=0, description="Requests that may wait for a slot.")
    max_wait_seconds: float = Field(30, gt=0)
    max_body_bytes: int = Field(1 << 20, ge=1024, description="Largest request, REST and gRPC.")
    generation_timeout_seconds: float = Field(300, gt=0, description="Longest generation.")
    keep_alive_seconds: float = Field(
        75, gt=0, description="Idle HTTP connections stay open; above the load balancer's timeout."
    )
    drain_lag_seconds: float = Field(
        5, ge=0, description="After SIGTERM, new requests are still accepted for this long."
    )
    drain_seconds: float = Field(110, gt=0, description="After SIGTERM, what still runs is ended.")

    rest_auth: Auth = Auth.KEYS
    grpc_auth: Auth = Auth.KEYS
    # `file:<path>`, or `secretsmanager:<secret's ARN>`: the ARN says in which region it is.
    keys_source: str = Field(
        "", pattern="^$|^file:.+|^secretsmanager:arn:[^:]+:secretsmanager:[^:]+:.+"
    )
    keys_poll_seconds: float = Field(60, gt=0, description="Between two reads of keys.")
    jwt_issuer: str = Field("", description="Whose access tokens are good: their `iss`.")
    jwt_audience: str = Field("", description="Their `aud`, or `client_id` where they have none.")
    jwt_jwks_url: str = Field(
        "",
        pattern=r"^$|^https://.+|^http://(127\.0\.0\.1|localhost)[:/].+",
        description="Where the issuer publishes its keys; plain HTTP from this machine only.",
    )
    jwt_scope: str = Field("", description="A scope that they must have; empty: any will do.")

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
        """Raises SettingsError that names each variable at fault, its value and the rule."""
        fields = {
            name.removeprefix(PREFIX).lower(): value
            for name, value in environment.items()
            if name.startswith(PREFIX)
        }
        try:
            return cls.model_validate(fields)
        except ValidationError as wrong:
            raise SettingsError("\n".join(sentence(error) for error in wrong.errors())) from None


def sentence(error: Mapping[str, object]) -> str:
    """One of pydantic's errors in the reader's words."""
    location = error["loc"]
    if not isinstance(location, tuple) or not location:
        return str(error["msg"]).removeprefix("Value error, ")
    variable = PREFIX + str(location[0]).upper()
    if error["type"] == "extra_forbidden":
        return f"{variable}: there is no such setting; remove it, or correct its name"
    return f"{variable}: got {error['input']!r}; {error['msg']}"
