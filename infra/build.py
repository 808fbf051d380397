"""Puts a stage together: stacks, references, what a company asks for, and the deploy's order."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aws_cdk import App
from aws_cdk.cx_api import CloudAssembly

from infra.acknowledgements import acknowledge
from infra.governance import govern
from infra.manifest import pin, publish_after
from infra.names import full_name
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
    settings: StageSettings
    registry: RegistryStack
    network: NetworkStack | None
    inference: InferenceStack
    function: "FunctionStack | None"


def build(app: App, settings: StageSettings) -> Stage:
    """Build the stacks. Their templates are the same in whichever account and region."""
    prefix = full_name(settings.name)
    registry = RegistryStack(app, "Registry", settings=settings, stack_name=f"{prefix}-registry")
    network = _network(app, settings, stack_name=f"{prefix}-network")
    inference = InferenceStack(
        app,
        "Inference",
        settings=settings,
        network=network.network if network else None,
        models=registry.models,
        stack_name=f"{prefix}-inference",
    )
    inference.add_stack_dependency(registry, "the image that it runs lies there")
    _delivery(app, settings, stack_name=f"{prefix}-delivery")
    function = _function(app, settings, registry=registry, stack_name=f"{prefix}-function")
    govern(app, settings)
    acknowledge(app)
    return Stage(
        app=app,
        settings=settings,
        registry=registry,
        network=network,
        inference=inference,
        function=function,
    )


def _network(app: App, settings: StageSettings, *, stack_name: str) -> NetworkStack | None:
    """None in an existing VPC. A stack that was there before stays until a person deletes it: its
    VPC cannot go while the service is in it, and goes with all that it exports once it is not."""
    if settings.existing_vpc.id is not None:
        return None
    return NetworkStack(app, "Network", settings=settings, stack_name=stack_name)


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
    """Write the cloud assembly: the image is pushed after the repository has been made, and the
    stacks go to the account and region that the stage is pinned to."""
    assembly = stage.app.synth()
    directory = Path(assembly.directory)
    for consumer in (stage.inference, stage.function):
        if consumer is not None:
            publish_after(stage.registry, consumer=consumer, assembly=directory)
    pin(stage.settings.deploy, assembly=directory)
    return assembly
