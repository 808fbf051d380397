"""Which packets the network refused."""

from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.retention import make_log_group
from infra.settings import StageSettings


class FlowLog(Construct):
    """Logs refused packets only: the accepted ones of every stream would be most of the bill."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: StageSettings, vpc: ec2.IVpc
    ) -> None:
        super().__init__(scope, construct_id)
        group = make_log_group(self, "Group", settings=settings)
        ec2.FlowLog(
            self,
            "Log",
            resource_type=ec2.FlowLogResourceType.from_vpc(vpc),
            traffic_type=ec2.FlowLogTrafficType.REJECT,
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(group, self._make_role()),
        )

    def _make_role(self) -> iam.Role:
        """For flow logs of this account only, which the CDK's own role does not say.

        https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
        """
        return iam.Role(
            self,
            "Role",
            description="What VPC flow logs do: write refused packets into their log.",
            assumed_by=iam.ServicePrincipal(
                "vpc-flow-logs.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            ),
        )
