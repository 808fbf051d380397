"""AWS::ECS, AWS::Lambda and AWS::ApplicationAutoScaling."""

from __future__ import annotations

from .resource import Deployed, Description, Reader


def _cluster(resource: Deployed) -> Description:
    include = ["SETTINGS", "CONFIGURATIONS", "TAGS"]
    answer = resource.ask("ecs", "describe_clusters", clusters=[resource.id], include=include)
    return {"ClusterSettings": answer["clusters"][0].get("settings"), **answer["clusters"][0]}


def _capacity(resource: Deployed) -> Description:
    (found,) = resource.ask("ecs", "describe_clusters", clusters=[resource.id])["clusters"]
    return {"Cluster": found["clusterName"], **found}


def _task_definition(resource: Deployed) -> Description:
    answer = resource.ask(
        "ecs", "describe_task_definition", taskDefinition=resource.id, include=["TAGS"]
    )
    return {**answer["taskDefinition"], "Tags": answer.get("tags", [])}


def _service(resource: Deployed) -> Description:
    cluster = resource.properties["Cluster"]
    answer = resource.ask(
        "ecs", "describe_services", cluster=cluster, services=[resource.id], include=["TAGS"]
    )
    (found,) = answer["services"]
    revision = found["currentServiceRevisions"][0]["arn"]
    revisions = resource.ask("ecs", "describe_service_revisions", serviceRevisionArns=[revision])
    monitoring = revisions["serviceRevisions"][0].get("monitoring")
    return {**found, "Cluster": found["clusterArn"].rpartition("/")[2], "Monitoring": monitoring}


def _function(resource: Deployed) -> Description:
    answer = resource.ask("lambda", "get_function", FunctionName=resource.id)
    return {
        **answer["Configuration"],
        **answer.get("Concurrency", {}),
        "Code": answer["Code"],
        "Tags": answer.get("Tags", {}),
    }


def _url(resource: Deployed) -> Description:
    name = resource.properties["TargetFunctionArn"]
    found = resource.ask("lambda", "get_function_url_config", FunctionName=name)
    return {**found, "TargetFunctionArn": found["FunctionArn"]}


def _scalable_target(resource: Deployed) -> Description:
    where = {"ServiceNamespace": "ecs"}
    (found,) = resource.ask(
        "application-autoscaling",
        "describe_scalable_targets",
        **where,
        ResourceIds=[resource.properties["ResourceId"]],
    )["ScalableTargets"]
    actions = resource.ask(
        "application-autoscaling",
        "describe_scheduled_actions",
        **where,
        ResourceId=found["ResourceId"],
    )["ScheduledActions"]
    tags = resource.ask(
        "application-autoscaling", "list_tags_for_resource", ResourceARN=found["ScalableTargetARN"]
    )["Tags"]
    return {**found, "ScheduledActions": actions, "Tags": tags}


def _scaling_policy(resource: Deployed) -> Description:
    policies = resource.ask(
        "application-autoscaling", "describe_scaling_policies", ServiceNamespace="ecs"
    )["ScalingPolicies"]
    (found,) = [item for item in policies if item["PolicyARN"] == resource.id]
    parts = ("ResourceId", "ScalableDimension", "ServiceNamespace")
    return {**found, "ScalingTargetId": "|".join(found[part] for part in parts)}


READERS = {
    "AWS::ApplicationAutoScaling::ScalableTarget": Reader(_scalable_target),
    "AWS::ApplicationAutoScaling::ScalingPolicy": Reader(_scaling_policy),
    "AWS::ECS::Cluster": Reader(_cluster),
    "AWS::ECS::ClusterCapacityProviderAssociations": Reader(_capacity),
    "AWS::ECS::Service": Reader(_service),
    "AWS::ECS::TaskDefinition": Reader(_task_definition),
    "AWS::Lambda::Function": Reader(_function),
    "AWS::Lambda::Url": Reader(_url),
}
