"""Listeners, their rules, and whom they ask about tokens."""

from collections.abc import Iterator
from typing import Final

from infra.reading.balancing import LISTENER, LISTENER_RULE, actions, load_balancer_of
from infra.reading.networking import sealed, security_groups
from infra.reading.node import Node
from infra.reading.rule import Finding, Rule
from infra.reading.stack import Resource, Stack

GUIDE: Final = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application"
ASKING: Final = ("authenticate-oidc", "authenticate-cognito", "jwt-validation")


def _actions(stack: Stack) -> Iterator[tuple[Resource, Node]]:
    for route in stack.resources(LISTENER, LISTENER_RULE):
        for action in actions(route):
            yield route, action


class PriorityTwice(Rule):
    """The order of a listener's rules."""

    id = "E9566"
    shortdesc = "No two rules of a listener have the same priority"
    description = "Elastic Load Balancing refuses the second rule of a priority."
    source_url = (
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html"
    )

    def findings(self, stack: Stack) -> Iterator[Finding]:
        seen: set[tuple[Resource | str, float]] = set()
        for rule in stack.resources(LISTENER_RULE):
            node = rule["ListenerArn"]
            listener, priority = node.resource() or node.text(), rule["Priority"].number()
            if listener is None or priority is None:
                continue
            if (listener, priority) in seen:
                wrong = "two rules of a listener have the same priority"
                yield Finding(rule["Priority"], wrong, priority, "choose another")
            seen.add((listener, priority))


class PortTwice(Rule):
    """The ports of a load balancer."""

    id = "E9567"
    shortdesc = "No two listeners of a load balancer have the same port"
    description = "Elastic Load Balancing refuses the second listener of a port."
    source_url = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        seen: set[tuple[Resource | str, float]] = set()
        for listener in stack.resources(LISTENER):
            node = listener["LoadBalancerArn"]
            balancer, port = node.resource() or node.text(), listener["Port"].number()
            # Of a network load balancer's protocols some go together on a port.
            layer_7 = listener["Protocol"].text() in ("HTTP", "HTTPS")
            if balancer is None or port is None or not layer_7:
                continue
            if (balancer, port) in seen:
                wrong = "two listeners of a load balancer have the same port"
                yield Finding(listener["Port"], wrong, port, "choose another, or add a rule")
            seen.add((balancer, port))


class IdentityEgress(Rule):
    """Load balancers that ask an identity provider."""

    id = "E9568"
    shortdesc = "A load balancer that asks an identity provider may reach it"
    description = "It fetches keys and tokens over port 443; else each request is answered by 500."
    source_url = f"{GUIDE}/listener-authenticate-users.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for route, action in _actions(stack):
            balancer, kind = load_balancer_of(route), action["Type"].text()
            groups = security_groups(balancer["SecurityGroups"]) if balancer else None
            if kind in ASKING and groups and sealed(stack, groups, port=443, to=[]):
                wrong = "the load balancer cannot reach the identity provider on port 443"
                remedy = "add an egress rule for 443 to its security group"
                yield Finding(action["Type"], wrong, kind, remedy)


class JwksUrl(Rule):
    """Where the keys of tokens are."""

    id = "E9569"
    shortdesc = "The keys of tokens are fetched over HTTPS"
    description = "Elastic Load Balancing refuses an endpoint of keys without https."
    source_url = f"{GUIDE}/listener-verify-jwt.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for _, action in _actions(stack):
            place = action["JwtValidationConfig"]["JwksEndpoint"]
            address = place.text()
            if address is not None and not address.startswith("https://"):
                wrong = "the endpoint of keys begins with https://"
                yield Finding(place, wrong, address, "write the whole address, with https://")
