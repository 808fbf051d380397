"""What ECS refuses of services, and moto lets pass."""

from __future__ import annotations

from typing import Any

from moto.ecs.exceptions import InvalidParameterException
from moto.ecs.models import EC2ContainerServiceBackend as Backend

from .forwarding import groups_by_balancer


def refuse_second(backend: Backend, cluster: str, name: str) -> None:
    """Raise where the cluster has such a service that runs."""
    found = backend.services.get(f"{cluster.rpartition('/')[2]}:{name}")
    if found is not None and found.status == "ACTIVE":
        raise InvalidParameterException("Creation of service was not idempotent.")


def refuse_loose_targets(backend: Backend, entries: list[dict[str, Any]]) -> None:
    """Raise where no listener forwards to a target group, for blue/green the alternate one too.

    aws-cloudformation/cloudformation-coverage-roadmap#1868 has ECS's sentence.
    """
    wanted = {entry["targetGroupArn"] for entry in entries if "targetGroupArn" in entry}
    wanted |= {
        entry["advancedConfiguration"]["alternateTargetGroupArn"]
        for entry in entries
        if entry.get("advancedConfiguration", {}).get("alternateTargetGroupArn")
    }
    forwarded_to = groups_by_balancer(backend.account_id, backend.region_name).values()
    for arn in sorted(wanted.difference(*forwarded_to)):
        raise InvalidParameterException(
            f"The target group with targetGroupArn {arn} does not have an associated load balancer."
        )
