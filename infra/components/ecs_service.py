"""The ECS service: how tasks are run, replaced and rolled back."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from infra.components.capacity import capacity_strategy
from infra.components.network import Network
from infra.components.rollout import rollout_options
from infra.components.task import CONTAINER_NAME, InferenceTask
from infra.settings import StageSettings


class InferenceService(Construct):
    """Runs tasks in private subnets.

    A rollout starts the new tasks before it stops the old, and goes back if they fail.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        network: Network,
        task: InferenceTask,
        settings: StageSettings,
        alarms: Sequence[cloudwatch.Alarm],
    ) -> None:
        super().__init__(scope, construct_id)
        self.task = task
        self.network = network
        self.cluster = ecs.Cluster(
            self, "Cluster", vpc=network.vpc, enable_fargate_capacity_providers=True
        )
        self.service = self._make_service(
            settings, security_group=self._make_security_group(), alarms=alarms
        )
        # Only providers that are tied to the cluster may be in a service's strategy, and none that
        # a service uses can be untied.
        self.service.node.add_dependency(self.cluster)

    def target(
        self, port: int, *, alternate: ecs.AlternateTarget | None = None
    ) -> elbv2.IApplicationLoadBalancerTarget:
        """One port of every task, as a target group takes it, and another one its other fleet."""
        return self.service.load_balancer_target(
            container_name=CONTAINER_NAME, container_port=port, alternate_target=alternate
        )

    def _make_security_group(self) -> ec2.SecurityGroup:
        """Not narrower where there are only endpoints: S3's has the internet's addresses, and the
        list of them that AWS keeps has another id in each region."""
        group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=self.network.vpc,
            allow_all_outbound=False,
            description="Tasks of the language model service.",
        )
        group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "AWS APIs and image layers.")
        return group

    def _make_service(
        self,
        settings: StageSettings,
        *,
        security_group: ec2.SecurityGroup,
        alarms: Sequence[cloudwatch.Alarm],
    ) -> ecs.FargateService:
        # No desired count: a deploy would reset what scaling has chosen (aws-cdk#3919).
        return ecs.FargateService(
            self,
            "Service",
            cluster=self.cluster,
            task_definition=self.task.definition,
            capacity_provider_strategies=capacity_strategy(settings.capacity, settings.scaling),
            vpc_subnets=self.network.private,
            security_groups=[security_group],
            assign_public_ip=False,
            health_check_grace_period=Duration.seconds(settings.budget.health_check_grace_seconds),
            enable_ecs_managed_tags=True,
            propagate_tags=ecs.PropagatedTagSource.SERVICE,
            **rollout_options(settings.rollout, alarms=alarms),
        )
