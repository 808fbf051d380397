"""Which target groups the listeners and rules of load balancers forward to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from moto.elbv2.models import elbv2_backends


def groups_by_balancer(account: str, region: str) -> dict[str, set[str]]:
    """The ARNs of the target groups by that of the load balancer."""
    return {
        arn: set(
            groups_of(
                action.data
                for listener in balancer.listeners.values()
                for rule in listener.rules.values()  # the default one among them
                for action in rule.actions
            )
        )
        for arn, balancer in elbv2_backends[account][region].load_balancers.items()
    }


def groups_of(actions: Iterable[dict[str, Any]]) -> Iterator[str]:
    """The ARNs in a rule's or listener's actions; whatever else they do has none."""
    for action in actions:
        if action.get("TargetGroupArn"):
            yield action["TargetGroupArn"]
        for group in action.get("ForwardConfig", {}).get("TargetGroups", []):
            yield group["TargetGroupArn"]
