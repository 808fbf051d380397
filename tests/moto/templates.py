"""Small stacks for tests, deployed as the CDK CLI would, without an assembly."""

import json
from typing import Any

import boto3

from sandbox import assembly
from sandbox.state import REGION


def deploy(resources: dict[str, Any], *, name: str = "example", **sections: Any) -> None:
    template = json.dumps({"Resources": resources, **sections})
    assembly.deploy_template(name, template, region=REGION)


def resource(kind: str, /, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def status(name: str = "example") -> str:
    stacks = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    return stacks[0]["StackStatus"]


def log_groups() -> list[str]:
    return [
        item["logGroupName"] for item in boto3.client("logs").describe_log_groups()["logGroups"]
    ]


class Tasks:
    """A cluster with a service; `image` is the setting that changes."""

    def __init__(self, image: str = "image:1", **service: Any) -> None:
        container = {"Name": "main", "Image": image, "Memory": 128}
        self.resources = {
            "Cluster": resource("AWS::ECS::Cluster"),
            "Task": resource(
                "AWS::ECS::TaskDefinition", Family="family", ContainerDefinitions=[container]
            ),
            "Service": resource(
                "AWS::ECS::Service",
                Cluster={"Ref": "Cluster"},
                TaskDefinition={"Ref": "Task"},
                **service,
            ),
        }
