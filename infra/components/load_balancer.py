"""The load balancer: who may connect, over what, and how long it waits."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct, DependencyGroup

from infra.components.domain import Domain
from infra.components.ecs_service import InferenceService
from infra.components.fleet import Fleet
from infra.components.listener_rules import drop_stage_from_paths, hide_metrics, route_grpc
from infra.components.load_balancer_logs import LoadBalancerLogs
from infra.components.network import Network
from infra.components.redirect import HTTP_LISTENER, redirect_to_https
from infra.components.second_targets import SecondTargets
from infra.components.targets import TargetGroups
from infra.container_env import GRPC_PORT, HTTP_PORT
from infra.sections.load_balancer import Desync
from infra.settings import StageSettings
from infra.timeouts import TimeoutBudget

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
        budget: TimeoutBudget,
        network: Network,
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self._network = network
        self._groups = TargetGroups(vpc=network.vpc, settings=settings.load_balancer, budget=budget)
        # What waits until tasks serve behind the load balancer, waits for what is in here.
        self.serving = DependencyGroup()
        self._domain = self._make_domain()
        self.balancer = self._make_balancer(budget)
        self.listener = self._make_listener()
        self.rest_targets = self._groups.make_rest(self, "RestTargets")
        # Whatever no rule takes is REST.
        self.listener.add_target_groups("Rest", target_groups=[self.rest_targets])
        self.second_targets = self._make_second_targets()
        self._grpc_targets = self._make_grpc_targets()
        self._add_rules()
        self._let_in()
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
        second = (Fleet(self.second_targets.targets),) if self.second_targets else ()
        return (Fleet(self.rest_targets, self._grpc_targets), *second)

    def _make_domain(self) -> Domain | None:
        domain = self._settings.domain
        return Domain(self, "Domain", domain=domain, name=domain.name) if domain.name else None

    def _make_balancer(self, budget: TimeoutBudget) -> elbv2.ApplicationLoadBalancer:
        public = self._settings.endpoint.public
        return elbv2.ApplicationLoadBalancer(
            self,
            "Balancer",
            vpc=self._network.vpc,
            vpc_subnets=self._network.public if public else self._network.private,
            internet_facing=public,
            security_group=self._make_security_group(),
            idle_timeout=Duration.seconds(budget.idle_timeout_seconds),
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

    def _make_listener(self) -> elbv2.ApplicationListener:
        if not self._settings.secure:
            return self.balancer.add_listener(
                HTTP_LISTENER, protocol=elbv2.ApplicationProtocol.HTTP, open=False
            )
        return self.balancer.add_listener(
            "Https",
            protocol=elbv2.ApplicationProtocol.HTTPS,
            certificates=[self._certificate()],
            ssl_policy=elbv2.SslPolicy.TLS13_12_RES_PQ,
            open=False,
        )

    def _certificate(self) -> elbv2.IListenerCertificate:
        """The one named, or else one made for the endpoint's name."""
        if self._domain and not self._settings.endpoint.certificate_arn:
            return self._domain.make_certificate()
        return elbv2.ListenerCertificate.from_arn(self._settings.endpoint.certificate_arn or "")

    def serve(self, service: InferenceService) -> None:
        """Hand requests to the tasks of `service`."""
        alternate = self.second_targets.alternate if self.second_targets else None
        self.rest_targets.add_target(service.target(HTTP_PORT, alternate=alternate))
        if self._grpc_targets:
            self._grpc_targets.add_target(service.target(GRPC_PORT))
        self.serving.add(service.service)

    @property
    def _behind_gateway(self) -> bool:
        return self._settings.endpoint.kind == "api-gateway"

    def _make_second_targets(self) -> SecondTargets | None:
        if not self._settings.rollout.two_target_groups:
            return None
        return SecondTargets(
            self,
            "SecondTargets",
            groups=self._groups,
            listener=self.listener,
            first=self.rest_targets,
        )

    def _make_grpc_targets(self) -> elbv2.ApplicationTargetGroup | None:
        return self._groups.make_grpc(self, "GrpcTargets") if self._settings.serves_grpc else None

    def _add_rules(self) -> None:
        # ECS's page says that a rollout with two fleets fails where a listener's rules do not all
        # forward; the service hides them itself from whoever comes through a load balancer.
        # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/alb-resources-for-blue-green.html
        if not self.second_targets:
            hide_metrics(self.listener, behind_gateway=self._behind_gateway)
        if self._grpc_targets:
            route_grpc(self.listener, self._grpc_targets)
        if self._settings.secure:
            redirect_to_https(self.balancer)
        if self._behind_gateway and not self.second_targets:
            drop_stage_from_paths(self, self.listener, self.rest_targets)

    def _let_in(self) -> None:
        """Who may connect; API Gateway lets itself in."""
        if self._behind_gateway:
            return
        for network in self._settings.allowed_networks:
            for listener in self.balancer.listeners:
                listener.connections.allow_default_port_from(
                    ec2.Peer.ipv4(network), "Allowed network."
                )
