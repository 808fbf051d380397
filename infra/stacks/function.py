"""The service as a Lambda function."""

from aws_cdk import CfnOutput, DefaultStackSynthesizer, Stack
from constructs import Construct

from infra.components.function import InferenceFunction
from infra.settings import StageSettings
from infra.stacks.registry import repository_name


class FunctionStack(Stack):
    """One function and its URL, in no network of ours.

    A stack of its own, because a stage can have it or not, and be deployed with one or the other.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: StageSettings, stack_name: str
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=stack_name,
            description=f"Language model service as a function, stage {settings.name}.",
            termination_protection=settings.deletion_protection,
            synthesizer=DefaultStackSynthesizer(
                image_assets_repository_name=repository_name(settings.name)
            ),
        )
        inference = InferenceFunction(self, "Inference", settings=settings)
        CfnOutput(self, "FunctionName", value=inference.function.function_name)
        CfnOutput(self, "FunctionUrl", value=inference.url.url)
