"""The load balancer's target groups: which task gets a request, and when one is ready for it."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from infra.container_env import GRPC_HEALTH_PATH, GRPC_PORT, HTTP_PORT, READINESS_PATH
from infra.sections.load_balancer import Algorithm, LoadBalancerSettings
from infra.timeouts import TimeoutBudget

_TYPE = elbv2.TargetGroupLoadBalancingAlgorithmType
# Generations differ a hundredfold in length: taking turns would pile long ones up.
ALGORITHMS: Final[dict[Algorithm, elbv2.TargetGroupLoadBalancingAlgorithmType]] = {
    "least-outstanding-requests": _TYPE.LEAST_OUTSTANDING_REQUESTS,
    "weighted-random": _TYPE.WEIGHTED_RANDOM,
}


class TargetGroups:
    """Makes target groups that wait, balance and check alike, each where its caller says.

    Not a construct: a scope of its own would give the deployed groups new logical ids, and with
    them new load balancer attachments.
    """

    def __init__(
        self, *, vpc: ec2.IVpc, settings: LoadBalancerSettings, budget: TimeoutBudget
    ) -> None:
        self._vpc = vpc
        self._settings = settings
        self._budget = budget

    def make_rest(self, scope: Construct, construct_id: str) -> elbv2.ApplicationTargetGroup:
        """For everything that is not gRPC."""
        return self._make(
            scope,
            construct_id,
            port=HTTP_PORT,
            version=elbv2.ApplicationProtocolVersion.HTTP1,
            health_check=self._health_check(path=READINESS_PATH, healthy_http_codes="200"),
        )

    def make_grpc(self, scope: Construct, construct_id: str) -> elbv2.ApplicationTargetGroup:
        """For gRPC, which the load balancer speaks over HTTPS only."""
        return self._make(
            scope,
            construct_id,
            port=GRPC_PORT,
            version=elbv2.ApplicationProtocolVersion.GRPC,
            health_check=self._health_check(path=GRPC_HEALTH_PATH, healthy_grpc_codes="0"),
        )

    def _make(
        self,
        scope: Construct,
        construct_id: str,
        *,
        port: int,
        version: elbv2.ApplicationProtocolVersion,
        health_check: elbv2.HealthCheck,
    ) -> elbv2.ApplicationTargetGroup:
        weighted = self._settings.algorithm == "weighted-random"
        return elbv2.ApplicationTargetGroup(
            scope,
            construct_id,
            vpc=self._vpc,
            # The service registers its tasks itself.
            target_type=elbv2.TargetType.IP,
            port=port,
            protocol=elbv2.ApplicationProtocol.HTTP,
            protocol_version=version,
            load_balancing_algorithm_type=ALGORITHMS[self._settings.algorithm],
            # No other algorithm has it.
            enable_anomaly_mitigation=True if weighted else None,
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
