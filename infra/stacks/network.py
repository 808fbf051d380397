"""The VPC."""

from aws_cdk import Fn, Stack
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from infra.components.flow_log import FlowLog
from infra.components.network import Network
from infra.components.service_endpoints import ServiceEndpoints
from infra.components.storage_endpoint import add_storage_endpoint
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
        vpc = self._make_vpc(settings.network)
        self.network = Network.of(vpc)
        self._export_all(vpc)
        everywhere = [self.network.private, self.network.public]
        add_storage_endpoint(vpc, vpc=vpc, subnets=everywhere, settings=settings)
        if not settings.reaches_internet:
            self._reach_services(settings, vpc)
        if settings.network.flow_logs:
            FlowLog(self, "FlowLog", settings=settings, vpc=vpc)

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
                # By the name come logical ids and places: no subnet is replaced with its type.
                ec2.SubnetConfiguration(
                    name="Private",
                    subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS
                    if network.nat_gateways
                    else ec2.SubnetType.PRIVATE_ISOLATED,
                ),
            ],
            # Emptying the default group takes a Lambda function; nothing is ever in the group.
            restrict_default_security_group=False,
        )

    def _export_all(self, vpc: ec2.Vpc) -> None:
        """Whoever imports it: an export that is in use cannot go, and this stack is deployed first,
        so an endpoint that stays public until the next stack's turn would stop its deploy."""
        self.export_value(vpc.vpc_id)
        for subnet in (*vpc.public_subnets, *vpc.private_subnets, *vpc.isolated_subnets):
            self.export_value(subnet.subnet_id)

    def _reach_services(self, settings: StageSettings, vpc: ec2.Vpc) -> None:
        """From the private subnets, and not from the tasks alone: their security group is of a
        stack that needs this one. Nothing else is in those subnets that calls AWS."""
        ServiceEndpoints(
            self,
            "Endpoints",
            network=self.network,
            services=settings.needed_endpoints,
            allowed=[ec2.Peer.ipv4(subnet.ipv4_cidr_block) for subnet in vpc.isolated_subnets],
        )
