"""The services of the sandbox's ECS, as its API describes them."""

from __future__ import annotations

from typing import Any


def active_services(ecs: Any) -> list[dict[str, Any]]:
    """Of all clusters; ECS goes on describing a deleted one for a while."""
    found: list[dict[str, Any]] = []
    for cluster in ecs.list_clusters()["clusterArns"]:
        arns = ecs.list_services(cluster=cluster)["serviceArns"]
        if arns:
            described = ecs.describe_services(cluster=cluster, services=arns)["services"]
            found += [dict(item) for item in described if item["status"] == "ACTIVE"]
    return found
