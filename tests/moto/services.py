"""The service that a deploy has made, as ECS describes it."""

from typing import Any

import boto3


def described() -> dict[str, Any]:
    """The one that runs; ECS lists a deleted one for a while."""
    client = boto3.client("ecs")
    (cluster,) = client.list_clusters()["clusterArns"]
    arns = client.list_services(cluster=cluster)["serviceArns"]
    listed = client.describe_services(cluster=cluster, services=arns)["services"]
    (service,) = (item for item in listed if item["status"] == "ACTIVE")
    return dict(service)
