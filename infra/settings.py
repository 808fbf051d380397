"""A stage's settings as a whole, and every rule between its values.

`StageSettings` cannot exist with a broken rule; `stage_files` turns what pydantic says into
sentences that name the file and the key.
"""

import ipaddress
import math
from collections.abc import Iterator
from typing import Any, Final, NamedTuple, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from infra.sections import (
    BUNDLED_MODEL,
    EndpointSettings,
    LimitSettings,
    LogSettings,
    ModelSettings,
    NetworkSettings,
    ScalingSettings,
    Section,
    TaskSettings,
)

# What Fargate accepts beside each CPU size.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
FARGATE_MEMORY_MIB: Final[dict[int, range | tuple[int, ...]]] = {
    256: (512, 1024, 2048),
    512: range(1024, 4096 + 1, 1024),
    1024: range(2048, 8192 + 1, 1024),
    2048: range(4096, 16384 + 1, 1024),
    4096: range(8192, 30720 + 1, 1024),
    8192: range(16384, 61440 + 1, 4096),
    16384: range(32768, 122880 + 1, 8192),
}

# SmolLM2-135M: 30 layers, 3 key-value heads of 64 values, a key and a value each, 2 bytes a value.
BUNDLED_BYTES_PER_TOKEN: Final = 30 * 3 * 64 * 2 * 2
BUNDLED_TRAINED_TOKENS: Final = 8192
# Measured: the loaded engine takes 513 MiB with 360 of context, so 153 besides. The rest is for the
# gateway, weights requantised to a larger type, and buffers that grow under load: an estimate.
BUNDLED_FIXED_MIB: Final = 512


class Problem(NamedTuple):
    """One thing wrong with a stage: the dotted path of a key; what is wrong and what to do."""

    path: str
    text: str


class StageSettings(Section):
    """One stage, complete and consistent."""

    name: str = Field(
        pattern=r"^[a-z][a-z0-9-]{0,19}$",
        examples=["dev"],
        description="The stage's name: its file's name without `.toml`. Every stack's name has it.",
    )
    retain_data: bool = Field(
        default=True,
        description="true: images, API keys and logs outlive `cdk destroy`. The repository then "
        "keeps its name, so the next deploy needs `--import-existing-resources`.",
    )
    deletion_protection: bool = Field(
        default=False,
        description="true: the stacks and the load balancer refuse to be deleted until this is "
        "deployed as false.",
    )
    endpoint: EndpointSettings = Field(
        default=EndpointSettings(), description="Who may reach the endpoint, and how."
    )
    network: NetworkSettings = Field(default=NetworkSettings(), description="The VPC.")
    task: TaskSettings = Field(default=TaskSettings(), description="Size and image of one task.")
    model: ModelSettings = Field(default=ModelSettings(), description="The model and its slots.")
    limits: LimitSettings = Field(default=LimitSettings(), description="What a request may take.")
    scaling: ScalingSettings = Field(default=ScalingSettings(), description="How many tasks run.")
    logs: LogSettings = Field(default=LogSettings(), description="The tasks' logs.")

    @model_validator(mode="after")
    def _hold_the_rules(self) -> Self:
        if problems := tuple(broken_rules(self)):
            text = " | ".join(f"{problem.path}: {problem.text}" for problem in problems)
            raise PydanticCustomError("rules", "{text}", {"text": text, "problems": problems})
        return self


def settings_schema() -> dict[str, Any]:
    """The JSON Schema of a stage file, for editors."""
    schema = StageSettings.model_json_schema()
    # The name is the file's own, so it is no key in the file.
    del schema["properties"]["name"]
    schema["required"].remove("name")
    return schema


def broken_rules(settings: StageSettings) -> Iterator[Problem]:
    """All rules between several values that `settings` breaks."""
    yield from _task_size(settings)
    yield from _image(settings)
    yield from _memory(settings)
    yield from _tokens(settings)
    yield from _exposure(settings)
    yield from _network(settings)
    yield from _tasks(settings)


def _task_size(settings: StageSettings) -> Iterator[Problem]:
    task = settings.task
    fitting = FARGATE_MEMORY_MIB.get(task.cpu)
    if fitting is None:
        sizes = ", ".join(map(str, FARGATE_MEMORY_MIB))
        text = f"got {task.cpu}, which Fargate does not offer; choose one of {sizes}"
        yield Problem("task.cpu", text)
    elif task.memory_mib not in fitting:
        text = (
            f"got {task.memory_mib}, which does not fit cpu {task.cpu}; choose {_listed(fitting)}"
        )
        yield Problem("task.memory_mib", text)


def _listed(fitting: range | tuple[int, ...]) -> str:
    if isinstance(fitting, range):
        return f"{fitting[0]} to {fitting[-1]} in steps of {fitting.step}"
    return f"{', '.join(map(str, fitting[:-1]))} or {fitting[-1]}"


def _image(settings: StageSettings) -> Iterator[Problem]:
    task = settings.task
    if task.image and task.base_image:
        yield Problem(
            "task.base_image",
            f"got '{task.base_image}', but task.image is '{task.image}' and nothing is built; "
            "remove one of them",
        )


def _memory(settings: StageSettings) -> Iterator[Problem]:
    model, memory = settings.model, settings.task.memory_mib
    if model.path != BUNDLED_MODEL:
        # Weights and context of another model are not known here: leave them the larger half.
        if model.prompt_cache_mib > memory // 2:
            yield Problem(
                "model.prompt_cache_mib",
                f"got {model.prompt_cache_mib}, more than half of task.memory_mib {memory}; "
                f"choose at most {memory // 2}",
            )
        return
    context = math.ceil(model.slots * model.context_tokens * BUNDLED_BYTES_PER_TOKEN / 2**20)
    needed = BUNDLED_FIXED_MIB + context + model.prompt_cache_mib
    if needed > memory:
        yield Problem(
            "task.memory_mib",
            f"got {memory}, but about {needed} MiB are needed ({BUNDLED_FIXED_MIB} to run, "
            f"{context} for {model.slots} slots of {model.context_tokens} tokens, "
            f"{model.prompt_cache_mib} of prompt cache); give the task more memory, or the model "
            "fewer slots, less context or a smaller cache",
        )


def _tokens(settings: StageSettings) -> Iterator[Problem]:
    model = settings.model
    if model.path == BUNDLED_MODEL and model.context_tokens > BUNDLED_TRAINED_TOKENS:
        yield Problem(
            "model.context_tokens",
            f"got {model.context_tokens}, beyond what the bundled model was trained on; "
            f"choose at most {BUNDLED_TRAINED_TOKENS}",
        )
    for key in ("batch_tokens", "max_output_tokens"):
        value = getattr(model, key)
        if value >= model.context_tokens:
            yield Problem(
                f"model.{key}",
                f"got {value}, which a context of {model.context_tokens} has no room for; "
                f"choose at most {model.context_tokens - 1}",
            )


def _exposure(settings: StageSettings) -> Iterator[Problem]:
    endpoint = settings.endpoint
    if not endpoint.public:
        return
    if endpoint.certificate_arn is None:
        yield Problem(
            "endpoint.certificate_arn",
            "got none, but a public endpoint must not carry keys over plain HTTP; "
            "name a certificate of AWS Certificate Manager, or set endpoint.public to false",
        )
    if not endpoint.allowed_networks:
        yield Problem(
            "endpoint.allowed_networks",
            "got none, but a public endpoint must say who may connect; "
            'list networks, or ["0.0.0.0/0"] for everyone',
        )
    for key in ("rest_auth", "grpc_auth"):
        if getattr(endpoint, key) == "off":
            yield Problem(
                f"endpoint.{key}",
                "got 'off', but a public endpoint needs API keys; "
                "set it to 'keys', or endpoint.public to false",
            )


def _network(settings: StageSettings) -> Iterator[Problem]:
    network = settings.network
    if not 16 <= ipaddress.IPv4Network(network.cidr).prefixlen <= 24:
        yield Problem(
            "network.cidr",
            f"got '{network.cidr}'; choose a network of /16, the largest that a VPC may have, "
            "to /24, in which six subnets still fit a load balancer",
        )
    if network.nat_gateways > network.zones:
        yield Problem(
            "network.nat_gateways",
            f"got {network.nat_gateways}, more than network.zones {network.zones}; "
            "choose at most one per zone",
        )


def _tasks(settings: StageSettings) -> Iterator[Problem]:
    scaling = settings.scaling
    if scaling.min_tasks > scaling.max_tasks:
        yield Problem(
            "scaling.min_tasks",
            f"got {scaling.min_tasks}, above scaling.max_tasks {scaling.max_tasks}; "
            "lower it, or raise max_tasks",
        )
