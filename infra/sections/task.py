"""The size of one Fargate task and the image that it runs."""

from collections.abc import Iterator
from typing import Final, Literal

from pydantic import Field

from infra.sections.section import Problem, Section

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

# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-storage.html
LEAST_DISK_GIB: Final = 21
MOST_DISK_GIB: Final = 200

IMAGE: Final = r"^[a-z0-9][A-Za-z0-9._:/@-]*$"


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
    architecture: Literal["x86_64", "arm64"] = Field(
        default="x86_64",
        description="The processors of the tasks, and of the function. 'arm64' is Graviton, a "
        "fifth cheaper by list price; how fast the model is there was not measured: the engine's "
        "wheel for it is built for armv8-a, without the newer instructions. The image is built for "
        "it, on another machine by emulation (QEMU).",
    )
    disk_gib: int | None = Field(
        default=None,
        ge=LEAST_DISK_GIB,
        le=MOST_DISK_GIB,
        description="GiB of disk of each task, for the image and a model that it fetches. None: "
        "Fargate's 20, which cost nothing, or what the model needs beyond them.",
    )
    image: str | None = Field(
        default=None,
        pattern=IMAGE,
        examples=["ghcr.io/example/llm-on-ecs:1.0"],
        description="An image to run instead of building `service/`, from a registry that asks for "
        "no credentials.",
    )
    base_image: str | None = Field(
        default=None,
        pattern=IMAGE,
        examples=["python:3.11-slim-bookworm"],
        description="The image that `service/Dockerfile` builds on, where its own default cannot "
        "be had or is not wanted.",
    )

    def problems(self) -> Iterator[Problem]:
        """A size that Fargate offers, and one source for the image."""
        fitting = FARGATE_MEMORY_MIB.get(self.cpu)
        if fitting is None:
            sizes = ", ".join(map(str, FARGATE_MEMORY_MIB))
            text = f"got {self.cpu}, which Fargate does not offer; choose one of {sizes}"
            yield Problem("cpu", text)
        elif self.memory_mib not in fitting:
            text = f"got {self.memory_mib}, which does not fit cpu {self.cpu}; "
            yield Problem("memory_mib", f"{text}choose {_listed(fitting)}")
        if self.image and self.base_image:
            yield Problem(
                "base_image",
                f"got '{self.base_image}', but task.image is '{self.image}' and nothing is "
                "built; remove one of them",
            )


def _listed(fitting: range | tuple[int, ...]) -> str:
    if isinstance(fitting, range):
        return f"{fitting[0]} to {fitting[-1]} in steps of {fitting.step}"
    return f"{', '.join(map(str, fitting[:-1]))} or {fitting[-1]}"
