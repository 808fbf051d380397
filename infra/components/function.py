"""The service as a Lambda function: its image, its role, its log and its URL."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.components.image import FUNCTION_TARGET, service_image
from infra.container_env import function_environment
from infra.retention import make_log_group
from infra.settings import StageSettings

ARCHITECTURES: Final = {
    "x86_64": lambda_.Architecture.X86_64,
    "arm64": lambda_.Architecture.ARM_64,
}


class InferenceFunction(Construct):
    """A function that may write its log and nothing else, and that IAM alone opens to callers."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: StageSettings) -> None:
        super().__init__(scope, construct_id)
        self.log_group = make_log_group(self, "Log", settings=settings)
        self.function = self._make_function(settings, role=self._make_role())
        self.url = self.function.add_function_url(
            auth_type=lambda_.FunctionUrlAuthType.AWS_IAM,
            invoke_mode=lambda_.InvokeMode.BUFFERED,
        )

    def _make_role(self) -> iam.Role:
        """Not the managed policy that the CDK would add: it allows the logs of all functions."""
        role = iam.Role(
            self,
            "Role",
            description="What the language model function may do in AWS: write its log.",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        )
        self.log_group.grant_write(role)
        return role

    def _make_function(
        self, settings: StageSettings, *, role: iam.Role
    ) -> lambda_.DockerImageFunction:
        image = service_image(self, "Image", settings=settings, target=FUNCTION_TARGET)
        function = settings.function
        return lambda_.DockerImageFunction(
            self,
            "Handler",
            description=f"Language model service, stage {settings.name}: whole answers.",
            code=lambda_.DockerImageCode.from_ecr(image.repository, tag_or_digest=image.image_tag),
            architecture=ARCHITECTURES[settings.task.architecture],
            memory_size=function.memory_mib,
            timeout=Duration.seconds(function.timeout_seconds),
            reserved_concurrent_executions=function.reserved_concurrency,
            environment=function_environment(settings),
            log_group=self.log_group,
            role=role,
        )
