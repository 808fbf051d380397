"""The VPC."""

from aws_cdk import Fn, Stack
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from infra.components.flow_log import FlowLog
from infra.sections.network import MOST_ZONES, NetworkSettings
from infra.settings import StageSettings


class NetworkStack(Stack):
    """Private subnets for tasks, public ones for NAT gateways and a public load balancer.

    A stack of its own, because its lifetime is longer: a change of the service must never touch
    addresses and routes.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: StageSettings, stack_name: str
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=stack_name,
            description=f"Network of the language model service, stage {settings.name}.",
            termination_protection=settings.deletion_protection,
        )
        self.vpc = self._make_vpc(settings.network)
        # Image layers come from S3: free through this endpoint, 0.045 USD per GB through NAT.
        self.vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
        if settings.network.flow_logs:
            FlowLog(self, "FlowLog", settings=settings, vpc=self.vpc)

    def _make_vpc(self, network: NetworkSettings) -> ec2.Vpc:
        return ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(network.cidr),
            # CloudFormation picks them in the region it runs in; asking at synth needs credentials.
            availability_zones=[Fn.select(index, Fn.get_azs()) for index in range(network.zones)],
            # Addresses are divided as for the most zones, so that one more moves no subnet.
            reserved_azs=MOST_ZONES - network.zones,
            nat_gateways=network.nat_gateways,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="Public", subnet_type=ec2.SubnetType.PUBLIC, map_public_ip_on_launch=False
                ),
                ec2.SubnetConfiguration(
                    name="Private", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS
                ),
            ],
            # Emptying the default group takes a Lambda function; nothing is ever in the group.
            restrict_default_security_group=False,
        )
