"""The load balancer: who may connect, what is REST and what gRPC, and how long it waits."""

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from infra.components.access_logs import AccessLogs
from infra.components.domain import Domain
from infra.components.ecs_service import InferenceService
from infra.components.task import CONTAINER_NAME
from infra.container_env import (
    GRPC_HEALTH_PATH,
    GRPC_PORT,
    HTTP_PORT,
    METRICS_PATH,
    READINESS_PATH,
)
from infra.settings import StageSettings
from infra.timeouts import TimeoutBudget

# The stage of the API in front, where there is one: the first part of every path that clients use.
API_STAGE = "api"
LEAST_OUTSTANDING = elbv2.TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS


class LoadBalancer(Construct):
    """With a certificate one address for both protocols, without one plain HTTP and no gRPC."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        budget: TimeoutBudget,
        service: InferenceService,
    ) -> None:
        super().__init__(scope, construct_id)
        self._endpoint = settings.endpoint
        self._budget = budget
        self._service = service
        self._domain = self._make_domain()
        self.balancer = self._make_balancer(settings)
        self.listener = self._make_listener()
        self.rest_targets = self._make_rest_targets()
        self.listener.add_target_groups("Rest", target_groups=[self.rest_targets])
        self._hide_metrics()
        if self._endpoint.secure:
            # The load balancer speaks gRPC over HTTPS only.
            self._route_grpc()
            self.balancer.add_redirect(open=False)
        if self._endpoint.kind == "api-gateway":
            self._drop_stage_from_paths()
        else:
            self._allow(self._endpoint.allowed_networks or (settings.network.cidr,))
        if self._domain:
            self._domain.point_at(self.balancer)
        if self._endpoint.access_logs:
            logs = AccessLogs(self, "AccessLogs", endpoint=self._endpoint)
            logs.write_from(self.balancer)

    @property
    def url(self) -> str:
        """The endpoint's address: under its own name, or else the load balancer's."""
        scheme = "https" if self._endpoint.secure else "http"
        name = self._domain.name if self._domain else self.balancer.load_balancer_dns_name
        return f"{scheme}://{name}"

    def _make_domain(self) -> Domain | None:
        name = self._endpoint.domain_name
        return Domain(self, "Domain", endpoint=self._endpoint, name=name) if name else None

    def _make_balancer(self, settings: StageSettings) -> elbv2.ApplicationLoadBalancer:
        public = settings.endpoint.public
        subnets = ec2.SubnetType.PUBLIC if public else ec2.SubnetType.PRIVATE_WITH_EGRESS
        return elbv2.ApplicationLoadBalancer(
            self,
            "Balancer",
            vpc=self._service.cluster.vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=subnets),
            internet_facing=public,
            security_group=self._make_security_group(),
            idle_timeout=Duration.seconds(self._budget.idle_timeout_seconds),
            http2_enabled=True,
            drop_invalid_header_fields=True,
            desync_mitigation_mode=elbv2.DesyncMitigationMode.DEFENSIVE,
            deletion_protection=settings.deletion_protection,
        )

    def _make_security_group(self) -> ec2.SecurityGroup:
        """Its only way out are the rules towards the tasks: any rule of one's own removes EC2's
        default, which allows everything (aws-cdk#987)."""
        return ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=self._service.cluster.vpc,
            allow_all_outbound=False,
            description="Load balancer of the language model service.",
        )

    def _make_listener(self) -> elbv2.ApplicationListener:
        if not self._endpoint.secure:
            return self.balancer.add_listener(
                "Http", protocol=elbv2.ApplicationProtocol.HTTP, open=False
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
        if self._domain and not self._endpoint.certificate_arn:
            return self._domain.make_certificate()
        return elbv2.ListenerCertificate.from_arn(self._endpoint.certificate_arn or "")

    def _make_rest_targets(self) -> elbv2.ApplicationTargetGroup:
        """For everything that is not gRPC."""
        return self._make_target_group(
            "RestTargets",
            port=HTTP_PORT,
            version=elbv2.ApplicationProtocolVersion.HTTP1,
            health_check=self._health_check(path=READINESS_PATH, healthy_http_codes="200"),
        )

    def _drop_stage_from_paths(self) -> None:
        """`/api/v1/models` is `/v1/models`.

        API Gateway is documented to send the API's stage along in a private integration, and its
        examples rely on it not to: either way works here.
        https://docs.aws.amazon.com/apigateway/latest/developerguide/private-integration.html
        https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-transforms.html
        """
        rule = elbv2.ApplicationListenerRule(
            self,
            "DropStage",
            listener=self.listener,
            priority=20,
            conditions=[elbv2.ListenerCondition.path_patterns([f"/{API_STAGE}/*"])],
            action=elbv2.ListenerAction.forward([self.rest_targets]),
        )
        rewrite = {"Regex": f"^/{API_STAGE}/(.*)$", "Replace": "/$1"}
        transform = {"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [rewrite]}}
        resource = rule.node.default_child
        if isinstance(resource, elbv2.CfnListenerRule):
            resource.add_property_override("Transforms", [transform])

    def _hide_metrics(self) -> None:
        """Operators scrape the tasks themselves; no client needs to know how busy they are."""
        paths = [METRICS_PATH]
        if self._endpoint.kind == "api-gateway":
            paths.append(f"/{API_STAGE}{METRICS_PATH}")
        self.listener.add_action(
            "HideMetrics",
            priority=5,
            conditions=[elbv2.ListenerCondition.path_patterns(paths)],
            action=elbv2.ListenerAction.fixed_response(404),
        )

    def _route_grpc(self) -> None:
        """By the content type that the protocol demands of every call: a new method needs no new
        rule, and an unknown one gets gRPC's own UNIMPLEMENTED.

        https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
        """
        group = self._make_target_group(
            "GrpcTargets",
            port=GRPC_PORT,
            version=elbv2.ApplicationProtocolVersion.GRPC,
            health_check=self._health_check(path=GRPC_HEALTH_PATH, healthy_grpc_codes="0"),
        )
        self.listener.add_target_groups(
            "Grpc",
            target_groups=[group],
            priority=10,
            conditions=[elbv2.ListenerCondition.http_header("content-type", ["application/grpc*"])],
        )

    def _make_target_group(
        self,
        construct_id: str,
        *,
        port: int,
        version: elbv2.ApplicationProtocolVersion,
        health_check: elbv2.HealthCheck,
    ) -> elbv2.ApplicationTargetGroup:
        return elbv2.ApplicationTargetGroup(
            self,
            construct_id,
            vpc=self._service.cluster.vpc,
            port=port,
            protocol=elbv2.ApplicationProtocol.HTTP,
            protocol_version=version,
            targets=[
                self._service.service.load_balancer_target(
                    container_name=CONTAINER_NAME, container_port=port
                )
            ],
            # Generations differ a hundredfold in length: taking turns would pile long ones up.
            load_balancing_algorithm_type=LEAST_OUTSTANDING,
            deregistration_delay=Duration.seconds(self._budget.deregistration_delay_seconds),
            health_check=health_check,
        )

    def _health_check(
        self,
        *,
        path: str,
        healthy_http_codes: str | None = None,
        healthy_grpc_codes: str | None = None,
    ) -> elbv2.HealthCheck:
        return elbv2.HealthCheck(
            path=path,
            healthy_http_codes=healthy_http_codes,
            healthy_grpc_codes=healthy_grpc_codes,
            interval=Duration.seconds(self._budget.target_check_interval_seconds),
            timeout=Duration.seconds(self._budget.target_check_timeout_seconds),
            healthy_threshold_count=self._budget.target_healthy_checks,
            unhealthy_threshold_count=self._budget.target_unhealthy_checks,
        )

    def _allow(self, networks: tuple[str, ...]) -> None:
        for network in networks:
            for listener in self.balancer.listeners:
                listener.connections.allow_default_port_from(
                    ec2.Peer.ipv4(network), "Allowed network."
                )
