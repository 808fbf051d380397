"""A small stack: a service behind a target group, scaled to two tasks."""

import json
from typing import Any

import boto3

from sandbox.state import REGION

NAME = "example"
SERVICE = "main"


def template(version: str, **environment: str) -> str:
    """The stack; `version` is the setting that an update changes."""
    vpc = boto3.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    variables = {"HOST": "0.0.0.0", "PORT": "8080", "VERSION": version, **environment}
    resources = {
        "Cluster": ("AWS::ECS::Cluster", {}),
        "Targets": ("AWS::ElasticLoadBalancingV2::TargetGroup", target_group(vpc)),
        "Task": ("AWS::ECS::TaskDefinition", task_definition(variables)),
        "Service": ("AWS::ECS::Service", service()),
        "Scaling": ("AWS::ApplicationAutoScaling::ScalableTarget", scalable_target()),
    }
    nodes = {key: {"Type": kind, "Properties": value} for key, (kind, value) in resources.items()}
    return json.dumps({"Resources": nodes})


def target_group(vpc: str) -> dict[str, Any]:
    return {
        "VpcId": vpc,
        "Port": 8080,
        "Protocol": "HTTP",
        "TargetType": "ip",
        "HealthCheckPath": "/health",
        "TargetGroupAttributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": "5"}],
    }


def task_definition(variables: dict[str, str]) -> dict[str, Any]:
    environment = [{"Name": name, "Value": value} for name, value in variables.items()]
    container = {
        "Name": SERVICE,
        "Image": "image:1",
        "Memory": 128,
        "Environment": environment,
        "PortMappings": [{"ContainerPort": 8080}],
        "StopTimeout": 5,
    }
    return {"Family": "family", "ContainerDefinitions": [container]}


def service() -> dict[str, Any]:
    balancer = {
        "ContainerName": SERVICE,
        "ContainerPort": 8080,
        "TargetGroupArn": {"Ref": "Targets"},
    }
    breaker = {"Enable": True, "Rollback": True}
    return {
        "Cluster": {"Ref": "Cluster"},
        "ServiceName": SERVICE,
        "TaskDefinition": {"Ref": "Task"},
        "LoadBalancers": [balancer],
        "DeploymentConfiguration": {"DeploymentCircuitBreaker": breaker},
    }


def scalable_target() -> dict[str, Any]:
    resource = {
        "Fn::Join": ["/", ["service", {"Ref": "Cluster"}, {"Fn::GetAtt": ["Service", "Name"]}]]
    }
    return {
        "ServiceNamespace": "ecs",
        "ScalableDimension": "ecs:service:DesiredCount",
        "ResourceId": resource,
        "MinCapacity": 2,
        "MaxCapacity": 3,
    }


def execute(version: str, **environment: str) -> None:
    """Begin to create or update the stack."""
    client = boto3.client("cloudformation", region_name=REGION)
    known = [item["StackName"] for item in client.describe_stacks()["Stacks"]]
    made = client.create_change_set(
        StackName=NAME,
        ChangeSetName="change",
        ChangeSetType="UPDATE" if NAME in known else "CREATE",
        TemplateBody=template(version, **environment),
    )
    client.execute_change_set(StackName=NAME, ChangeSetName=made["Id"])


def status() -> str:
    client = boto3.client("cloudformation")
    return client.describe_stacks(StackName=NAME)["Stacks"][0]["StackStatus"]


def described() -> dict[str, Any]:
    client = boto3.client("ecs")
    for cluster in client.list_clusters()["clusterArns"]:
        found = client.describe_services(cluster=cluster, services=[SERVICE])["services"]
        if found and found[0]["status"] == "ACTIVE":
            return dict(found[0])
    return {}


def target_states() -> list[str]:
    client = boto3.client("elbv2")
    arn = described()["loadBalancers"][0]["targetGroupArn"]
    found = client.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    return sorted(item["TargetHealth"]["State"] for item in found)


def delete() -> None:
    boto3.client("cloudformation").delete_stack(StackName=NAME)
