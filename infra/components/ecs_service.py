"""The ECS service: how tasks are run, replaced and rolled back."""

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from infra.components.task import InferenceTask
from infra.timeouts import TimeoutBudget


class InferenceService(Construct):
    """Runs tasks in private subnets.

    A rollout starts the new tasks before it stops the old, and goes back if they fail.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        task: InferenceTask,
        budget: TimeoutBudget,
    ) -> None:
        super().__init__(scope, construct_id)
        self.task = task
        self.cluster = ecs.Cluster(self, "Cluster", vpc=vpc)
        self.service = self._make_service(budget, security_group=self._make_security_group(vpc))

    def _make_security_group(self, vpc: ec2.IVpc) -> ec2.SecurityGroup:
        group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=vpc,
            allow_all_outbound=False,
            description="Tasks of the language model service.",
        )
        group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "AWS APIs and image layers.")
        return group

    def _make_service(
        self, budget: TimeoutBudget, *, security_group: ec2.SecurityGroup
    ) -> ecs.FargateService:
        # No desired count: a deploy would reset what scaling has chosen (aws-cdk#3919).
        return ecs.FargateService(
            self,
            "Service",
            cluster=self.cluster,
            task_definition=self.task.definition,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            security_groups=[security_group],
            assign_public_ip=False,
            min_healthy_percent=100,
            max_healthy_percent=200,
            circuit_breaker=ecs.DeploymentCircuitBreaker(enable=True, rollback=True),
            health_check_grace_period=Duration.seconds(budget.health_check_grace_seconds),
            enable_ecs_managed_tags=True,
            propagate_tags=ecs.PropagatedTagSource.SERVICE,
        )
