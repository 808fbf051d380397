"""What the load balancer listens on, and what becomes of a request there."""

from collections.abc import Iterable
from typing import Final

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from infra.components.fleet import Fleet
from infra.components.listener_rules import drop_stage_from_paths, hide_metrics, route_grpc
from infra.settings import StageSettings

# The id of port 80's listener, whether it serves or leads to HTTPS. Under another one, as of the
# CDK's `add_redirect`, a stage that gets a certificate would make a second listener for that port
# before the first one goes, and a load balancer has one listener for a port.
HTTP: Final = "Http"


class Listeners(Construct):
    """With a certificate HTTPS, to which plain HTTP leads; without one plain HTTP alone.

    Nobody may connect before somebody is let in.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        balancer: elbv2.ApplicationLoadBalancer,
        certificate: elbv2.IListenerCertificate | None,
        targets: Fleet,
    ) -> None:
        super().__init__(scope, construct_id)
        self._balancer = balancer
        self._all: list[elbv2.ApplicationListener] = []
        self.main = self._serve(targets, certificate=certificate)
        if certificate:
            self._redirect_to_https()
        self._add_rules(settings, targets)

    def let_in(self, networks: Iterable[str]) -> None:
        """Allow these to connect, to the redirect as well."""
        for network in networks:
            for listener in self._all:
                listener.connections.allow_default_port_from(
                    ec2.Peer.ipv4(network), "Allowed network."
                )

    def _serve(
        self, targets: Fleet, *, certificate: elbv2.IListenerCertificate | None
    ) -> elbv2.ApplicationListener:
        """Whatever no rule takes is REST."""
        rest = elbv2.ListenerAction.forward([targets.rest])
        if not certificate:
            return self._listen(HTTP, rest)
        return self._listen("Https", rest, certificate=certificate)

    def _redirect_to_https(self) -> None:
        """Send whoever asks port 80 to port 443, for good."""
        self._listen(
            HTTP, elbv2.ListenerAction.redirect(protocol="HTTPS", port="443", permanent=True)
        )

    def _listen(
        self,
        construct_id: str,
        action: elbv2.ListenerAction,
        *,
        certificate: elbv2.IListenerCertificate | None = None,
    ) -> elbv2.ApplicationListener:
        protocol = elbv2.ApplicationProtocol
        listener = elbv2.ApplicationListener(
            self,
            construct_id,
            load_balancer=self._balancer,
            protocol=protocol.HTTPS if certificate else protocol.HTTP,
            certificates=[certificate] if certificate else None,
            ssl_policy=elbv2.SslPolicy.TLS13_12_RES_PQ if certificate else None,
            default_action=action,
            open=False,
        )
        self._all.append(listener)
        return listener

    def _add_rules(self, settings: StageSettings, targets: Fleet) -> None:
        behind_gateway = settings.endpoint.behind_api_gateway
        # ECS's page says that a rollout with two fleets fails where a listener's rules do not all
        # forward; the service hides them itself from whoever comes through a load balancer.
        # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/alb-resources-for-blue-green.html
        if not settings.rollout.two_target_groups:
            hide_metrics(self.main, behind_gateway=behind_gateway)
        if targets.grpc:
            route_grpc(self.main, targets.grpc)
        if behind_gateway and not settings.rollout.two_target_groups:
            drop_stage_from_paths(self, self.main, targets.rest)
