"""Scheduled actions of a scalable target come and go with its template."""

import json
from typing import Any

import boto3
import pytest

from sandbox import assembly
from sandbox.state import REGION

pytestmark = pytest.mark.usefixtures("aws")

# Of a service that moto does not ask for: what counts here are the actions.
TARGET: dict[str, Any] = {
    "ServiceNamespace": "dynamodb",
    "ResourceId": "table/any",
    "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
    "MinCapacity": 1,
    "MaxCapacity": 5,
}


def deploy(*schedules: tuple[str, int]) -> None:
    """A target with an action for each name and least capacity."""
    actions = [
        {
            "ScheduledActionName": name,
            "Schedule": "cron(0 8 ? * MON-FRI *)",
            "ScalableTargetAction": {"MinCapacity": least},
        }
        for name, least in schedules
    ]
    properties = TARGET | ({"ScheduledActions": actions} if actions else {})
    resource = {"Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": properties}
    template = json.dumps({"Resources": {"Target": resource}})
    assembly.deploy_template("scaled", template, region=REGION)


def scheduled() -> dict[str, int]:
    client = boto3.client("application-autoscaling")
    actions = client.describe_scheduled_actions(ServiceNamespace="dynamodb")["ScheduledActions"]
    return {
        item["ScheduledActionName"]: item["ScalableTargetAction"]["MinCapacity"] for item in actions
    }


def test_actions_are_made_changed_and_deleted_with_the_template() -> None:
    deploy(("morning", 2), ("evening", 1))
    assert scheduled() == {"morning": 2, "evening": 1}
    deploy(("morning", 3))
    assert scheduled() == {"morning": 3}
    deploy()
    assert scheduled() == {}


def test_actions_go_with_their_target() -> None:
    deploy(("morning", 2))
    boto3.client("cloudformation").delete_stack(StackName="scaled")
    assert scheduled() == {}
