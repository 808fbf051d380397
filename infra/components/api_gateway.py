"""API Gateway in front of the internal load balancer: HTTPS without a domain of one's own."""

from typing import Final

from aws_cdk import CfnResource, Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from infra.components.api_gateway_log import access_log_options
from infra.components.api_gateway_plan import limit_each_key
from infra.components.listener_rules import API_STAGE
from infra.components.load_balancer import LoadBalancer
from infra.components.network import Network
from infra.settings import StageSettings
from infra.timeouts import TimeoutBudget

# TLS 1.3, and 1.2 for older clients, as at the load balancer; a regional API's default is 1.0.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies-list.html
TLS: Final = {
    "SecurityPolicy": "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09",
    "EndpointAccessMode": "STRICT",
}


class ApiGateway(Construct):
    """Passes every request as it is, with its `Authorization`, and streams every answer.

    REST only: requests arrive as HTTP/1.1, so gRPC does not pass. A body may have 10 MB, the
    service's own limit is lower.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        budget: TimeoutBudget,
        network: Network,
        balancer: LoadBalancer,
    ) -> None:
        super().__init__(scope, construct_id)
        self._budget = budget
        self.api = self._make_api(settings)
        link = self._make_link(network, balancer)
        self._pass_everything(link, balancer, require_api_key=settings.api_gateway.require_api_key)
        # Where load balancer and service are replaced, clients go on to the new ones when those
        # serve: the API that they use is the last one deployed.
        self.api.deployment_stage.node.add_dependency(balancer.serving)
        if settings.api_gateway.require_api_key:
            limit_each_key(self.api, gateway=settings.api_gateway)

    @property
    def url(self) -> str:
        """The address under API Gateway's own name, to which clients append `/v1`."""
        return self.api.url.removesuffix("/")

    @property
    def stage_arn(self) -> str:
        """What a firewall protects."""
        return self.api.deployment_stage.stage_arn

    def _make_api(self, settings: StageSettings) -> apigateway.RestApi:
        gateway = settings.api_gateway
        api = apigateway.RestApi(
            self,
            "Api",
            rest_api_name=f"llm-on-ecs-{settings.name}",
            description=f"Language model service, stage {settings.name}.",
            endpoint_configuration=apigateway.EndpointConfiguration(
                types=[apigateway.EndpointType.REGIONAL]
            ),
            # It is the account's, and not a stage's: the setting says what to do.
            cloud_watch_role=False,
            deploy_options=apigateway.StageOptions(
                stage_name=API_STAGE,
                throttling_rate_limit=gateway.requests_per_second,
                throttling_burst_limit=gateway.burst,
                **access_log_options(self, settings=settings),
            ),
        )
        # The stack has an output of its own for the address, whatever it is of.
        api.node.try_remove_child("Endpoint")
        for key, value in TLS.items():
            _cloudformation(api).add_property_override(key, value)
        return api

    def _make_link(self, network: Network, balancer: LoadBalancer) -> apigatewayv2.VpcLink:
        """Network interfaces in the VPC, which alone may connect to the load balancer."""
        group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=network.vpc,
            allow_all_outbound=False,
            description="From API Gateway to the load balancer.",
        )
        balancer.listener.connections.allow_default_port_from(group, "API Gateway.")
        return apigatewayv2.VpcLink(
            self,
            "Link",
            vpc=network.vpc,
            subnets=network.private,
            security_groups=[group],
        )

    def _pass_everything(
        self, link: apigatewayv2.VpcLink, balancer: LoadBalancer, *, require_api_key: bool
    ) -> None:
        """Any method on any path; the path below the API's stage is the load balancer's."""
        method = self.api.root.add_resource("{proxy+}").add_method(
            "ANY",
            self._integration(link, balancer),
            authorization_type=apigateway.AuthorizationType.NONE,
            api_key_required=require_api_key,
            request_parameters={"method.request.path.proxy": True},
        )
        # The CDK's integration knows VPC links of the first version, which take no target.
        # https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-private-integration.html
        _cloudformation(method).add_property_override(
            "Integration.IntegrationTarget", balancer.balancer.load_balancer_arn
        )

    def _integration(
        self, link: apigatewayv2.VpcLink, balancer: LoadBalancer
    ) -> apigateway.Integration:
        address = balancer.balancer.load_balancer_dns_name
        return apigateway.Integration(
            type=apigateway.IntegrationType.HTTP_PROXY,
            integration_http_method="ANY",
            uri=f"http://{address}/{{proxy}}",
            options=apigateway.IntegrationOptions(
                connection_type=apigateway.ConnectionType.VPC_LINK,
                vpc_link=apigateway.VpcLink.from_vpc_link_id(self, "LinkById", link.vpc_link_id),
                request_parameters={"integration.request.path.proxy": "method.request.path.proxy"},
                # Without it an answer is gathered whole, and lost after 29 s.
                response_transfer_mode=apigateway.ResponseTransferMode.STREAM,
                timeout=Duration.seconds(self._budget.gateway_timeout_seconds),
            ),
        )


def _cloudformation(construct: Construct) -> CfnResource:
    resource = construct.node.default_child
    if not isinstance(resource, CfnResource):
        raise TypeError(f"{construct.node.path} is not one resource")
    return resource
