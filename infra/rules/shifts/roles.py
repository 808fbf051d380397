"""The role in whose name ECS shifts traffic."""

from collections.abc import Iterator
from typing import Final

from infra.reading.balancing import LISTENER, LISTENER_RULE
from infra.reading.node import Node
from infra.reading.permissions import distrusts, lacks, role_of
from infra.reading.rule import Finding, Rule
from infra.reading.services import attachments, services, shifts_traffic
from infra.reading.stack import Resource, Stack

ROLE: Final = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AmazonECSInfrastructureRolePolicyForLoadBalancers.html"
PRINCIPAL: Final = "ecs.amazonaws.com"
# What ECS calls to change the weights, by the type of what it changes.
CHANGES: Final = {
    LISTENER_RULE: "elasticloadbalancing:ModifyRule",
    LISTENER: "elasticloadbalancing:ModifyListener",
}


def _roles(stack: Stack) -> Iterator[tuple[Node, Resource]]:
    """The settings of each shift, and their role."""
    for service in services(stack):
        for entry in attachments(service) if shifts_traffic(service) else []:
            advanced = entry["AdvancedConfiguration"]
            role = role_of(advanced["RoleArn"])
            if role is not None:
                yield advanced, role


class ShiftTrust(Rule):
    """Who may take the role on."""

    id = "E9587"
    shortdesc = "The role of a rollout that shifts traffic trusts ECS"
    description = "ECS cannot assume the role, and the rollout fails before it shifts anything."
    source_url = ROLE

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for advanced, role in _roles(stack):
            if distrusts(role, PRINCIPAL):
                wrong = f"the role of the rollout does not trust {PRINCIPAL}"
                remedy = f"let {PRINCIPAL} assume it, and not ecs-tasks"
                yield Finding(advanced["RoleArn"], wrong, role.logical_id, remedy)


class ShiftPermission(Rule):
    """What the role may do."""

    id = "E9588"
    shortdesc = "The role of a rollout that shifts traffic may change the weights"
    description = "Without the permission ECS cannot shift traffic, and the rollout fails."
    source_url = ROLE

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for advanced, role in _roles(stack):
            changed = advanced["ProductionListenerRule"].resource()
            action = CHANGES.get(changed.type) if changed else None
            if action and lacks(stack, role, action):
                wrong = f"the role of the rollout may not {action}"
                remedy = "attach AmazonECSInfrastructureRolePolicyForLoadBalancers"
                yield Finding(advanced["RoleArn"], wrong, role.logical_id, remedy)
