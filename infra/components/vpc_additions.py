"""What a stage adds to a VPC that is not its own: nothing but what its settings ask for."""

from constructs import Construct

from infra.components.ecs_service import InferenceService
from infra.components.flow_log import FlowLog
from infra.components.service_endpoints import ServiceEndpoints
from infra.components.storage_endpoint import add_storage_endpoint
from infra.settings import StageSettings


class VpcAdditions(Construct):
    """Flow logs, and endpoints that the service's tasks alone may use.

    In the service's stack and not in one of the network's own: where the service goes to another
    VPC they are made there before it comes, and removed here after it has gone.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        service: InferenceService,
    ) -> None:
        super().__init__(scope, construct_id)
        if settings.existing_vpc.flow_logs:
            FlowLog(self, "FlowLog", settings=settings, vpc=service.network.vpc)
        if settings.existing_vpc.egress == "endpoints-made":
            endpoints = self._make_endpoints(settings, service)
            service.service.node.add_dependency(endpoints)

    def _make_endpoints(
        self, settings: StageSettings, service: InferenceService
    ) -> ServiceEndpoints:
        endpoints = ServiceEndpoints(
            self,
            "Endpoints",
            network=service.network,
            services=settings.needed_endpoints,
            allowed=service.service.connections.security_groups,
        )
        if settings.existing_vpc.route_table_ids:
            add_storage_endpoint(
                endpoints,
                vpc=service.network.vpc,
                subnets=[service.network.private],
                settings=settings,
            )
        return endpoints
