"""Where plain HTTP goes that has become HTTPS."""

from typing import Final

from aws_cdk import aws_elasticloadbalancingv2 as elbv2

# The id of the listener that serves port 80 where there is no HTTPS. Under another one, as of the
# CDK's `add_redirect`, a stage that gets a certificate would make a second listener for that port
# before the first one goes, and a load balancer has one listener for a port.
HTTP_LISTENER: Final = "Http"


def redirect_to_https(balancer: elbv2.ApplicationLoadBalancer) -> None:
    """Send whoever asks port 80 to port 443, for good."""
    balancer.add_listener(
        HTTP_LISTENER,
        protocol=elbv2.ApplicationProtocol.HTTP,
        open=False,
        default_action=elbv2.ListenerAction.redirect(protocol="HTTPS", port="443", permanent=True),
    )
