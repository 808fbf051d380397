"""What one task is: its container, its size, its roles and its log."""

from typing import Final

from aws_cdk import Duration, Size, Stack
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.components.keys import ApiKeys
from infra.components.model_bucket import ModelBucket
from infra.container_env import GRPC_PORT, HTTP_PORT, LIVENESS_COMMAND, container_environment
from infra.footprint import disk_gib
from infra.retention import make_log_group
from infra.settings import StageSettings
from infra.timeouts import TimeoutBudget

CONTAINER_NAME: Final = "service"
# The image's user; it owns /tmp there, because Fargate's mounts belong to root otherwise.
USER: Final = "10001"
SCRATCH: Final = "/tmp"  # noqa: S108 - a volume of this container alone
# About 25,000 lines of 1 KB while CloudWatch cannot be reached; then lines are lost, not requests.
LOG_BUFFER: Final = Size.mebibytes(25)
ARCHITECTURES: Final = {
    "x86_64": ecs.CpuArchitecture.X86_64,
    "arm64": ecs.CpuArchitecture.ARM64,
}


class InferenceTask(Construct):
    """One container that writes to /tmp only, and of AWS may read its keys and nothing else."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        image: ecs.ContainerImage,
        keys: ApiKeys,
        models: ModelBucket | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.log_group = make_log_group(self, "Log", settings=settings)
        self.definition = self._make_definition(settings)
        environment = container_environment(
            settings,
            keys_source=keys.source,
            model_bucket=models.bucket.bucket_name if models and settings.model.key else None,
        )
        self.container = self._add_container(settings.budget, image=image, environment=environment)
        self._add_scratch_space()
        if settings.auth.asks_for_keys:
            keys.grant_read(self.definition.task_role)
        if models and settings.model.key:
            models.grant_read(self.definition.task_role, key=settings.model.key)

    def _make_definition(self, settings: StageSettings) -> ecs.FargateTaskDefinition:
        return ecs.FargateTaskDefinition(
            self,
            "Definition",
            # A generated family would be the same in every stage. This name blocks no replacement:
            # each new definition is a revision of it.
            family=Stack.of(self).stack_name,
            cpu=settings.task.cpu,
            memory_limit_mib=settings.task.memory_mib,
            ephemeral_storage_gib=disk_gib(settings.task, settings.model),
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=ARCHITECTURES[settings.task.architecture],
                operating_system_family=ecs.OperatingSystemFamily.LINUX,
            ),
            task_role=self._make_role(
                "TaskRole", "What the language model service itself may do in AWS."
            ),
            execution_role=self._make_role(
                "ExecutionRole", "What ECS does to start a task: pull its image, write its logs."
            ),
        )

    def _make_role(self, construct_id: str, description: str) -> iam.Role:
        """For tasks of this account only, so that no other account's ECS can be made to use it.

        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
        """
        account = Stack.of(self).account
        return iam.Role(
            self,
            construct_id,
            description=description,
            assumed_by=iam.ServicePrincipal(
                "ecs-tasks.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": account}},
            ),
        )

    def _add_container(
        self,
        budget: TimeoutBudget,
        *,
        image: ecs.ContainerImage,
        environment: dict[str, str],
    ) -> ecs.ContainerDefinition:
        return self.definition.add_container(
            CONTAINER_NAME,
            image=image,
            environment=environment,
            port_mappings=[
                ecs.PortMapping(name="http", container_port=HTTP_PORT),
                ecs.PortMapping(name="grpc", container_port=GRPC_PORT),
            ],
            health_check=self._liveness(budget),
            stop_timeout=Duration.seconds(budget.stop_timeout_seconds),
            logging=ecs.LogDrivers.aws_logs(
                stream_prefix=CONTAINER_NAME,
                log_group=self.log_group,
                # A log that blocks would stop the service when CloudWatch is slow.
                mode=ecs.AwsLogDriverMode.NON_BLOCKING,
                max_buffer_size=LOG_BUFFER,
            ),
            user=USER,
            readonly_root_filesystem=True,
            linux_parameters=self._no_capabilities(),
        )

    def _liveness(self, budget: TimeoutBudget) -> ecs.HealthCheck:
        return ecs.HealthCheck(
            command=list(LIVENESS_COMMAND),
            interval=Duration.seconds(budget.container_check_interval_seconds),
            timeout=Duration.seconds(budget.container_check_timeout_seconds),
            start_period=Duration.seconds(budget.loading_seconds),
            retries=3,
        )

    def _no_capabilities(self) -> ecs.LinuxParameters:
        parameters = ecs.LinuxParameters(self, "LinuxParameters")
        parameters.drop_capabilities(ecs.Capability.ALL)
        return parameters

    def _add_scratch_space(self) -> None:
        """For the engine's socket and weights. Fargate has no tmpfs, so it is a disk volume."""
        self.definition.add_volume(name="tmp")
        self.container.add_mount_points(
            ecs.MountPoint(source_volume="tmp", container_path=SCRATCH, read_only=False)
        )
