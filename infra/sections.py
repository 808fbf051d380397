"""The sections of a stage file: every value that a person may change, typed, with its own range.

The descriptions are the manual. Rules between values are in `settings`.
"""

import ipaddress
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict
from pydantic_core import PydanticCustomError

BUNDLED_MODEL: Final = "bundled"
MOST_ZONES: Final = 3

Auth = Literal["keys", "off"]


def _network(value: str) -> str:
    try:
        ipaddress.IPv4Network(value)
    except ValueError as error:
        raise PydanticCustomError(
            "setting",
            "is no IPv4 network ({reason}); write it like 10.0.0.0/16",
            {"reason": str(error)},
        ) from None
    return value


IPv4Cidr = Annotated[str, AfterValidator(_network)]


class Section(BaseModel):
    """Frozen; refuses unknown keys, and values of another type than the one it asks for."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class EndpointSettings(Section):
    """Who may reach the endpoint, over what, and with which credentials."""

    public: bool = Field(
        default=False,
        description="true: the load balancer is on the internet. false: only the networks in "
        "`allowed_networks` that are routed to the VPC reach it.",
    )
    certificate_arn: str | None = Field(
        default=None,
        pattern=r"^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[0-9a-zA-Z-]+$",
        examples=[
            "arn:aws:acm:eu-west-1:111122223333:certificate/12345678-1234-1234-1234-123456789012"
        ],
        description="ACM certificate, in the region of the deploy, for HTTPS and gRPC on port 443. "
        "Without one there is plain HTTP on port 80 and no gRPC through the load balancer, which "
        "speaks gRPC over HTTPS only.",
    )
    allowed_networks: Annotated[tuple[IPv4Cidr, ...], Strict(False)] = Field(
        default=(),
        description="IPv4 networks that may connect to the load balancer. Empty: the VPC's own.",
    )
    rest_auth: Auth = Field(
        default="keys",
        description="'keys': every REST request needs an API key. 'off': whoever can connect may "
        "ask; refused for a public endpoint.",
    )
    grpc_auth: Auth = Field(default="keys", description="The same for gRPC calls.")
    keys_poll_seconds: int = Field(
        default=60,
        ge=5,
        le=3600,
        description="Seconds between two reads of the API keys: how long a new key may take to "
        "work and a removed one to stop. At 60 a task's reads cost about 0.22 USD a month "
        "(0.05 USD per 10,000).",
    )


class NetworkSettings(Section):
    """The VPC of the stage."""

    cidr: IPv4Cidr = Field(
        default="10.0.0.0/16",
        description="The VPC's IPv4 network, /16 to /24. Choose one that no network it will be "
        "peered with uses: another one later means another VPC.",
    )
    zones: int = Field(
        default=2,
        ge=2,
        le=MOST_ZONES,
        description="Availability zones. A load balancer needs two. With three, a zone's failure "
        "takes a third and not half; the region must give the account three. It can grow, but not "
        "shrink, while the service is deployed.",
    )
    nat_gateways: int = Field(
        default=1,
        ge=1,
        le=MOST_ZONES,
        description="NAT gateways, through which tasks reach ECR, Secrets Manager and CloudWatch: "
        "about 33 USD a month each and 0.045 USD per GB (us-east-1). One per zone survives the "
        "loss of a zone.",
    )


class TaskSettings(Section):
    """The size of one Fargate task and the image that it runs."""

    cpu: int = Field(
        default=2048,
        description="Fargate CPU units, 1024 a vCPU: 256, 512, 1024, 2048, 4096, 8192 or 16384. "
        "The engine runs one thread per vCPU.",
    )
    memory_mib: int = Field(
        default=4096, description="MiB of memory; which values fit depends on `cpu`."
    )
    image: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9][A-Za-z0-9._:/@-]*$",
        examples=["ghcr.io/example/llm-on-ecs:1.0"],
        description="An image to run instead of building `service/`, from a registry that asks for "
        "no credentials.",
    )
    base_image: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9][A-Za-z0-9._:/@-]*$",
        examples=["python:3.11-slim-bookworm"],
        description="The image that `service/Dockerfile` builds on, where its own default cannot "
        "be had or is not wanted.",
    )


class ModelSettings(Section):
    """The model and how much of it runs at once."""

    path: str = Field(
        default=BUNDLED_MODEL,
        pattern=r"^(bundled|/.+\.gguf)$",
        examples=["bundled", "/models/model.gguf"],
        description="'bundled' (SmolLM2-135M-Instruct), or the path of a GGUF file in the image.",
    )
    name: str = Field(
        default="smollm2-135m-instruct",
        min_length=1,
        description="The model's public name, as clients write it.",
    )
    slots: int = Field(
        default=8,
        ge=1,
        le=64,
        description="Generations that one task runs at once. More raise the throughput and slow "
        "each stream.",
    )
    context_tokens: int = Field(
        default=2048,
        ge=256,
        le=131072,
        description="Context of one slot in tokens, prompt and answer together. The memory for all "
        "slots is taken at start.",
    )
    batch_tokens: int = Field(
        default=64,
        ge=32,
        le=4096,
        description="Prompt tokens between two looks at whether the client has gone. 64 freed a "
        "slot within 0.6 s during a 1,000-word prompt, 2048 after 15 to 32 s (two threads, "
        "measured).",
    )
    prompt_cache_mib: int = Field(
        default=256,
        ge=0,
        description="MiB of memory for prompts seen before. The engine's own default, 8192, has "
        "tasks killed.",
    )
    max_output_tokens: int = Field(
        default=1024,
        ge=1,
        description="Most tokens that one request may generate; a request may ask for fewer.",
    )


class LimitSettings(Section):
    """How long and how much a client may ask for."""

    longest_generation_seconds: int = Field(
        default=300,
        ge=10,
        le=3530,
        description="Seconds that one generation may take, from its slot to its last token. All "
        "other time limits follow from it (timeouts.py). 3530 is what keeps the deregistration "
        "delay within AWS's 3600.",
    )
    max_waiting: int = Field(
        default=16,
        ge=0,
        le=1024,
        description="Requests that may wait for a slot in one task; the next one is refused with "
        "Retry-After.",
    )


class ScalingSettings(Section):
    """How many tasks run."""

    min_tasks: int = Field(
        default=2,
        ge=1,
        description="Tasks that always run. Two survive the loss of one, and of a zone.",
    )
    max_tasks: int = Field(
        default=10, ge=1, le=1000, description="Tasks that run at most: the bound of the bill."
    )
    slot_utilization_percent: int = Field(
        default=70,
        ge=10,
        le=100,
        description="The average of 100 (running + waiting) / slots that scaling holds. The room "
        "above it takes new work during the minutes that another task needs to start.",
    )


class LogSettings(Section):
    """What is logged and for how long."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="The least severity that is logged."
    )
    retention_days: Literal[1, 7, 30, 90, 365] = Field(
        default=30, description="Days that CloudWatch keeps the logs."
    )
