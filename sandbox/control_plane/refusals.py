"""What ECS refuses of services, and moto lets pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.ecs.exceptions import InvalidParameterException
from moto.ecs.models import EC2ContainerServiceBackend as Backend
from moto.elbv2.models import elbv2_backends


def refuse_second(backend: Backend, cluster: str, name: str) -> None:
    """Raise where the cluster has such a service that runs."""
    found = backend.services.get(f"{cluster.rpartition('/')[2]}:{name}")
    if found is not None and found.status == "ACTIVE":
        raise InvalidParameterException("Creation of service was not idempotent.")


def refuse_loose_targets(backend: Backend, balancers: list[dict[str, Any]]) -> None:
    """Raise where no listener forwards to a target group, for blue/green the alternate one too.

    aws-cloudformation/cloudformation-coverage-roadmap#1868 has ECS's sentence.
    """
    wanted = {entry["targetGroupArn"] for entry in balancers if "targetGroupArn" in entry}
    wanted |= {
        entry["advancedConfiguration"]["alternateTargetGroupArn"]
        for entry in balancers
        if entry.get("advancedConfiguration", {}).get("alternateTargetGroupArn")
    }
    for arn in sorted(wanted - set(_forwarded_to(backend))):
        raise InvalidParameterException(
            f"The target group with targetGroupArn {arn} does not have an associated load balancer."
        )


def _forwarded_to(backend: Backend) -> Iterator[str]:
    balancing = elbv2_backends[backend.account_id][backend.region_name]
    for balancer in balancing.load_balancers.values():
        for listener in balancer.listeners.values():
            actions = [*listener.default_actions]
            for rule in listener.rules.values():
                actions += rule.actions
            for action in actions:
                yield from _groups_of(action.data)


def _groups_of(action: dict[str, Any]) -> Iterator[str]:
    if action.get("TargetGroupArn"):
        yield action["TargetGroupArn"]
    for group in action.get("ForwardConfig", {}).get("TargetGroups", []):
        yield group["TargetGroupArn"]
