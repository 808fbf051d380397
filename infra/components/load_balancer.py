"""The load balancer: where it stands, what it lets through, and how long it waits."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct, DependencyGroup

from infra.components.domain import Domain
from infra.components.ecs_service import InferenceService
from infra.components.fleet import Fleet
from infra.components.listeners import Listeners
from infra.components.load_balancer_logs import LoadBalancerLogs
from infra.components.network import Network
from infra.components.second_targets import SecondTargets
from infra.components.targets import TargetGroups
from infra.container_env import GRPC_PORT, HTTP_PORT
from infra.sections.load_balancer import Desync
from infra.settings import StageSettings

DESYNC: Final[dict[Desync, elbv2.DesyncMitigationMode]] = {
    "defensive": elbv2.DesyncMitigationMode.DEFENSIVE,
    "strictest": elbv2.DesyncMitigationMode.STRICTEST,
}


class LoadBalancer(Construct):
    """With a certificate one address for both protocols, without one plain HTTP and no gRPC."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        network: Network,
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self._network = network
        # What waits until tasks serve behind the load balancer, waits for what is in here.
        self.serving = DependencyGroup()
        self._domain = self._make_domain()
        self.balancer = self._make_balancer()
        groups = TargetGroups(
            vpc=network.vpc, settings=settings.load_balancer, budget=settings.budget
        )
        self._first = self._make_targets(groups)
        self.listener = self._listen()
        self._second = self._make_second_targets(groups)
        if self._domain:
            self._domain.point_at(self.balancer, serving=self.serving)
        if settings.load_balancer.logs:
            # The id is older than the second kind of logs; another one would be another bucket.
            logs = LoadBalancerLogs(self, "AccessLogs", settings=settings.load_balancer)
            logs.write_from(self.balancer)

    @property
    def url(self) -> str:
        """The endpoint's address: under its own name, or else the load balancer's."""
        scheme = "https" if self._settings.secure else "http"
        name = self._domain.name if self._domain else self.balancer.load_balancer_dns_name
        return f"{scheme}://{name}"

    @property
    def fleets(self) -> tuple[Fleet, ...]:
        """Where tasks may be: after a rollout with two fleets in the one or in the other."""
        second = (Fleet(self._second.targets),) if self._second else ()
        return (self._first, *second)

    def _make_domain(self) -> Domain | None:
        domain = self._settings.domain
        return Domain(self, "Domain", domain=domain, name=domain.name) if domain.name else None

    def _make_balancer(self) -> elbv2.ApplicationLoadBalancer:
        public = self._settings.endpoint.public
        return elbv2.ApplicationLoadBalancer(
            self,
            "Balancer",
            vpc=self._network.vpc,
            vpc_subnets=self._network.public if public else self._network.private,
            internet_facing=public,
            security_group=self._make_security_group(),
            idle_timeout=Duration.seconds(self._settings.budget.idle_timeout_seconds),
            http2_enabled=True,  # gRPC needs it
            # The service reads no header whose name the load balancer would drop.
            drop_invalid_header_fields=True,
            desync_mitigation_mode=DESYNC[self._settings.load_balancer.desync_mitigation],
            deletion_protection=self._settings.deletion_protection,
        )

    def _make_security_group(self) -> ec2.SecurityGroup:
        """Its only way out are the rules towards the tasks: any rule of one's own removes EC2's
        default, which allows everything (aws-cdk#987)."""
        return ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=self._network.vpc,
            allow_all_outbound=False,
            description="Load balancer of the language model service.",
        )

    def _make_targets(self, groups: TargetGroups) -> Fleet:
        grpc = groups.make_grpc(self, "GrpcTargets") if self._settings.serves_grpc else None
        return Fleet(groups.make_rest(self, "RestTargets"), grpc)

    def _listen(self) -> elbv2.ApplicationListener:
        """Behind API Gateway for nobody: that lets itself in."""
        listeners = Listeners(
            self,
            "Listeners",
            settings=self._settings,
            balancer=self.balancer,
            certificate=self._certificate(),
            targets=self._first,
        )
        if not self._settings.endpoint.behind_api_gateway:
            listeners.let_in(self._settings.allowed_networks)
        return listeners.main

    def _certificate(self) -> elbv2.IListenerCertificate | None:
        """The one named, or else one made for the endpoint's name."""
        if arn := self._settings.endpoint.certificate_arn:
            return elbv2.ListenerCertificate.from_arn(arn)
        return self._domain.make_certificate() if self._domain else None

    def _make_second_targets(self, groups: TargetGroups) -> SecondTargets | None:
        if not self._settings.rollout.two_target_groups:
            return None
        return SecondTargets(
            self,
            "SecondTargets",
            groups=groups,
            listener=self.listener,
            first=self._first.rest,
        )

    def serve(self, service: InferenceService) -> None:
        """Hand requests to the tasks of `service`."""
        alternate = self._second.alternate if self._second else None
        self._first.rest.add_target(service.target(HTTP_PORT, alternate=alternate))
        if self._first.grpc:
            self._first.grpc.add_target(service.target(GRPC_PORT))
        self.serving.add(service.service)
