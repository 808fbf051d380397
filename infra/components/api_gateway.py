"""API Gateway in front of the internal load balancer: HTTPS without a domain of one's own."""

from typing import Final

from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from infra.components.api_gateway_log import access_log_options
from infra.components.api_gateway_plan import KeyLimits
from infra.components.cloudformation import resource_of
from infra.components.listener_rules import API_STAGE
from infra.components.load_balancer import LoadBalancer
from infra.components.load_balancer_link import LoadBalancerLink
from infra.components.network import Network
from infra.names import full_name
from infra.settings import StageSettings

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
        network: Network,
        balancer: LoadBalancer,
    ) -> None:
        super().__init__(scope, construct_id)
        self.api = self._make_api(settings)
        link = LoadBalancerLink(self, "Link", network=network, balancer=balancer)
        self._pass_everything(link, settings)
        # Where load balancer and service are replaced, clients go on to the new ones when those
        # serve: the API that they use is the last one deployed.
        self.api.deployment_stage.node.add_dependency(balancer.serving)
        if settings.api_gateway.require_api_key:
            KeyLimits(self, "Plan", api=self.api, gateway=settings.api_gateway)

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
            rest_api_name=full_name(settings.name),
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
            resource_of(api).add_property_override(key, value)
        return api

    def _pass_everything(self, link: LoadBalancerLink, settings: StageSettings) -> None:
        """Any method on any path; the path below the API's stage is the load balancer's."""
        method = self.api.root.add_resource("{proxy+}").add_method(
            "ANY",
            link.integration(settings.budget),
            authorization_type=apigateway.AuthorizationType.NONE,
            api_key_required=settings.api_gateway.require_api_key,
            request_parameters={"method.request.path.proxy": True},
        )
        resource_of(method).add_property_override("Integration.IntegrationTarget", link.target)
        # A deployment is a picture of the API, and has to be taken again when the link is another:
        # else the stage keeps the old one, and nobody can delete that (hashicorp/terraform#18392).
        if deployment := self.api.latest_deployment:
            deployment.add_to_logical_id({"link": link.subnets})
