"""Scheduled actions of a scalable target come and go with its template."""

from typing import Any

import boto3
import pytest

from tests.moto.templates import deploy, resource

pytestmark = pytest.mark.usefixtures("aws")

# Of a service that moto does not ask for: what counts here are the actions.
TARGET: dict[str, Any] = {
    "ServiceNamespace": "dynamodb",
    "ResourceId": "table/any",
    "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
    "MinCapacity": 1,
    "MaxCapacity": 5,
}


def schedule(*schedules: tuple[str, int]) -> None:
    """Deploy a target with an action for each name and least capacity."""
    actions = [
        {
            "ScheduledActionName": name,
            "Schedule": "cron(0 8 ? * MON-FRI *)",
            "ScalableTargetAction": {"MinCapacity": least},
        }
        for name, least in schedules
    ]
    properties = TARGET | ({"ScheduledActions": actions} if actions else {})
    deploy({"Target": resource("AWS::ApplicationAutoScaling::ScalableTarget", **properties)})


def scheduled() -> dict[str, int]:
    client = boto3.client("application-autoscaling")
    actions = client.describe_scheduled_actions(ServiceNamespace="dynamodb")["ScheduledActions"]
    return {
        item["ScheduledActionName"]: item["ScalableTargetAction"]["MinCapacity"] for item in actions
    }


def test_actions_are_made_changed_and_deleted_with_the_template() -> None:
    schedule(("morning", 2), ("evening", 1))
    assert scheduled() == {"morning": 2, "evening": 1}
    schedule(("morning", 3))
    assert scheduled() == {"morning": 3}
    schedule()
    assert scheduled() == {}


def test_actions_go_with_their_target() -> None:
    schedule(("morning", 2))
    boto3.client("cloudformation").delete_stack(StackName="example")
    assert scheduled() == {}
