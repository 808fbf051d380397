"""Whether a deploy makes a second listener for a port before the first one goes."""

import json
from collections.abc import Iterator
from typing import Final

from operations.preflight.finding import Finding, Mark, Subject
from operations.stacks import deployed_template, physical_id
from operations.stage import Template

LISTENER: Final = "AWS::ElasticLoadBalancingV2::Listener"


def check_ports(subject: Subject) -> Iterator[Finding]:
    """CloudFormation deletes last, and a load balancer has one listener for a port."""
    stack = next(item.stack for item in subject.stage.resources() if item.type == LISTENER)
    held = _listeners(deployed_template(subject.account, stack) or {})
    wanted = _listeners(subject.stage.templates[stack])
    taken = [
        (port, held[port])
        for port, logical_id in wanted.items()
        if port in held and held[port] != logical_id
    ]
    for (_, port), logical_id in taken:
        arn = physical_id(subject.account, stack, logical_id)
        yield Finding(
            Mark.FAILED,
            f"port {port} has a listener of another name, {logical_id}, which CloudFormation would "
            "delete only after it has made the new one",
            f"aws elbv2 delete-listener --listener-arn {arn}, then deploy at once: until then "
            "nobody is let in there",
        )
    if not taken:
        yield Finding(Mark.OK, "no listener is in the way of another one")


def _listeners(template: Template) -> dict[tuple[str, str], str]:
    """Logical ids, by what a listener alone can have: its load balancer's port."""
    return {
        (json.dumps(body["Properties"]["LoadBalancerArn"]), str(body["Properties"]["Port"])): (
            logical_id
        )
        for logical_id, body in template.get("Resources", {}).items()
        if body["Type"] == LISTENER
    }
