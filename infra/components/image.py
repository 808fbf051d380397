"""The image that is built from `service/`."""

from pathlib import Path
from typing import Final

from aws_cdk import aws_ecr_assets as ecr_assets
from constructs import Construct

from infra.settings import StageSettings

SERVICE_SOURCE: Final = Path(__file__).parents[2] / "service"
FUNCTION_TARGET: Final = "function"
PLATFORMS: Final = {
    "x86_64": ecr_assets.Platform.LINUX_AMD64,
    "arm64": ecr_assets.Platform.LINUX_ARM64,
}


def service_image(
    scope: Construct, construct_id: str, *, settings: StageSettings, target: str | None = None
) -> ecr_assets.DockerImageAsset:
    """A stage of `service/Dockerfile`; without `target` its last one, the task's."""
    return ecr_assets.DockerImageAsset(
        scope,
        construct_id,
        directory=str(SERVICE_SOURCE),
        target=target,
        platform=PLATFORMS[settings.task.architecture],
        build_args=_build_arguments(settings) or None,
        exclude=["**/__pycache__", "**/*.pyc"],
    )


def _build_arguments(settings: StageSettings) -> dict[str, str]:
    arguments = {}
    if settings.task.base_image:
        arguments["BASE_IMAGE"] = settings.task.base_image
    if settings.engine.cpu_variants:
        arguments["CPU_VARIANTS"] = "all"
    return arguments
