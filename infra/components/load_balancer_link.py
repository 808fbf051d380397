"""API Gateway's way into the VPC."""

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from infra.components.load_balancer import LoadBalancer
from infra.components.network import Network
from infra.timeouts import TimeoutBudget


class LoadBalancerLink(Construct):
    """Network interfaces that reach the load balancer and nothing else, for one API alone."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        network: Network,
        balancer: LoadBalancer,
    ) -> None:
        super().__init__(scope, construct_id)
        self._balancer = balancer.balancer
        self._network = network
        group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=network.vpc,
            allow_all_outbound=False,
            description="From API Gateway to the load balancer.",
        )
        balancer.listener.connections.allow_default_port_from(group, "API Gateway.")
        self._link = apigatewayv2.VpcLink(
            self,
            "VpcLink",
            vpc=network.vpc,
            subnets=network.private,
            security_groups=[group],
        )
        self._by_id = apigateway.VpcLink.from_vpc_link_id(self, "ById", self._link.vpc_link_id)

    @property
    def target(self) -> str:
        """What the integration of a method names beside the link.

        The CDK's integration knows VPC links of the first version, which take none.
        https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-private-integration.html
        """
        return self._balancer.load_balancer_arn

    @property
    def subnets(self) -> list[str]:
        """Where it stands. Others make another link, which the template names as this one."""
        subnets = self._network.private.subnets
        if not subnets:  # a selection by type has none, and would look alike in every VPC
            raise ValueError("the link's network: got no subnets; select them one by one")
        return [subnet.subnet_id for subnet in subnets]

    def integration(self, budget: TimeoutBudget) -> apigateway.Integration:
        """Every request as it is, to the path below the API's stage."""
        address = self._balancer.load_balancer_dns_name
        return apigateway.Integration(
            type=apigateway.IntegrationType.HTTP_PROXY,
            integration_http_method="ANY",
            uri=f"http://{address}/{{proxy}}",
            options=apigateway.IntegrationOptions(
                connection_type=apigateway.ConnectionType.VPC_LINK,
                vpc_link=self._by_id,
                request_parameters={"integration.request.path.proxy": "method.request.path.proxy"},
                # Without it an answer is gathered whole, and lost after 29 s.
                response_transfer_mode=apigateway.ResponseTransferMode.STREAM,
                timeout=Duration.seconds(budget.gateway_timeout_seconds),
            ),
        )
