"""Puts a stage together: stacks, references, tags, and the image's place in the deploy order."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aws_cdk import App, Stack, Tags
from aws_cdk.cx_api import CloudAssembly

from infra.acknowledgements import acknowledge
from infra.settings import StageSettings
from infra.stacks.inference import InferenceStack
from infra.stacks.network import NetworkStack
from infra.stacks.registry import RegistryStack

# What few stages have is imported where a stage has it: each module of the CDK takes up to seconds
# to load (aws_lambda and aws_apigateway together a third of all).
if TYPE_CHECKING:
    from infra.stacks.function import FunctionStack


@dataclass(frozen=True, slots=True)
class Stage:
    """The stacks of one stage, in the order of their deploy."""

    app: App
    registry: RegistryStack
    network: NetworkStack
    inference: InferenceStack
    function: "FunctionStack | None"


def build(app: App, settings: StageSettings) -> Stage:
    """Build the stacks. None is pinned to an account or region: both are those of who deploys."""
    prefix = f"llm-on-ecs-{settings.name}"
    registry = RegistryStack(app, "Registry", settings=settings, stack_name=f"{prefix}-registry")
    network = NetworkStack(app, "Network", settings=settings, stack_name=f"{prefix}-network")
    inference = InferenceStack(
        app,
        "Inference",
        settings=settings,
        vpc=network.vpc,
        models=registry.models,
        stack_name=f"{prefix}-inference",
    )
    inference.add_stack_dependency(registry, "the image that it runs lies there")
    _delivery(app, settings, stack_name=f"{prefix}-delivery")
    function = _function(app, settings, registry=registry, stack_name=f"{prefix}-function")
    Tags.of(app).add("project", "llm-on-ecs")
    Tags.of(app).add("stage", settings.name)
    acknowledge(app)
    return Stage(
        app=app, registry=registry, network=network, inference=inference, function=function
    )


def _function(
    app: App, settings: StageSettings, *, registry: RegistryStack, stack_name: str
) -> "FunctionStack | None":
    if not settings.function.enabled:
        return None
    from infra.stacks.function import FunctionStack

    function = FunctionStack(app, "Function", settings=settings, stack_name=stack_name)
    function.add_stack_dependency(registry, "the image that it runs lies there")
    return function


def _delivery(app: App, settings: StageSettings, *, stack_name: str) -> None:
    if repository := settings.delivery.repository:
        from infra.stacks.delivery import DeliveryStack

        DeliveryStack(
            app, "Delivery", settings=settings, repository=repository, stack_name=stack_name
        )


def synthesise(stage: Stage) -> CloudAssembly:
    """Write the cloud assembly, in which the image is pushed after the repository has been made."""
    assembly = stage.app.synth()
    for consumer in (stage.inference, stage.function):
        if consumer is not None:
            _publish_after(stage.registry, consumer=consumer, assembly=Path(assembly.directory))
    return assembly


def _publish_after(producer: Stack, *, consumer: Stack, assembly: Path) -> None:
    """Have the CLI publish `consumer`'s assets after it has deployed `producer`.

    Otherwise it looks for the repository before the deploy that makes it, and stops. The CDK has no
    property for this; the assembly's manifest, which the CLI obeys, has.
    """
    file = assembly / "manifest.json"
    manifest = json.loads(file.read_text(encoding="utf-8"))
    assets = manifest["artifacts"][f"{consumer.artifact_id}.assets"]
    assets["dependencies"] = sorted({*assets.get("dependencies", []), producer.artifact_id})
    file.write_text(json.dumps(manifest, indent=2), encoding="utf-8")
