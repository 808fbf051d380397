"""Which alarms are the stage's own, and tell of trouble."""

from typing import Any

from delivery.deploying.deployed import DeployedStage
from delivery.deploying.stage_alarms import ALARMS_A_CALL, stage_alarms
from tests.delivery.deploying.account import FakeAccount

TOPIC = "arn:aws:sns:us-east-1:123456789012:topic"
POLICY = "arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:1"


def alarm(name: str, *actions: str) -> dict[str, Any]:
    return {"AlarmName": name, "StateValue": "OK", "AlarmActions": list(actions)}


def names_of(*alarms: dict[str, Any]) -> list[str]:
    resources = [
        {"ResourceType": "AWS::CloudWatch::Alarm", "PhysicalResourceId": item["AlarmName"]}
        for item in alarms
    ]
    account = FakeAccount(
        DescribeStacks=[{"StackName": "llm-on-ecs-dev-inference"}],
        ListStackResources=resources,
        DescribeAlarms=lambda AlarmNames, **_: {
            "MetricAlarms": [item for item in alarms if item["AlarmName"] in AlarmNames]
        },
    )
    found = [item["AlarmName"] for item in stage_alarms(DeployedStage(account, "dev"))]
    calls = account.asked.count("DescribeAlarms")
    assert calls == -(-len(alarms) // ALARMS_A_CALL)
    return found


def test_alarm_that_only_moves_the_number_of_tasks_is_none_of_them() -> None:
    assert names_of(alarm("low", POLICY), alarm("told", TOPIC), alarm("silent")) == [
        *("silent", "told")
    ]


def test_more_alarms_than_one_call_takes_are_all_found() -> None:
    many = [alarm(f"alarm-{number:03}") for number in range(ALARMS_A_CALL + 1)]
    assert len(names_of(*many)) == len(many)


def test_stacks_are_asked_once_for_alarms_of_both_kinds() -> None:
    both = [
        {"ResourceType": "AWS::CloudWatch::Alarm", "PhysicalResourceId": "one"},
        {"ResourceType": "AWS::CloudWatch::CompositeAlarm", "PhysicalResourceId": "both"},
    ]
    account = FakeAccount(
        DescribeStacks=[{"StackName": "llm-on-ecs-dev-inference"}],
        ListStackResources=both,
        DescribeAlarms={"MetricAlarms": [alarm("one")], "CompositeAlarms": [alarm("both")]},
    )
    found = [item["AlarmName"] for item in stage_alarms(DeployedStage(account, "dev"))]
    assert found == ["both", "one"]
    assert account.asked == ["DescribeStacks", "ListStackResources", "DescribeAlarms"]


def test_alarm_that_a_stack_has_deleted_is_not_asked_for() -> None:
    gone = {
        "ResourceType": "AWS::CloudWatch::Alarm",
        "PhysicalResourceId": "gone",
        "ResourceStatus": "DELETE_COMPLETE",
    }
    account = FakeAccount(
        DescribeStacks=[{"StackName": "llm-on-ecs-dev-inference"}], ListStackResources=[gone]
    )
    assert stage_alarms(DeployedStage(account, "dev")) == []


def test_stack_of_a_stage_whose_name_begins_alike_is_not_ours() -> None:
    account = FakeAccount(
        DescribeStacks=[
            {"StackName": "llm-on-ecs-dev-inference"},
            {"StackName": "llm-on-ecs-dev-two-inference"},
            {"StackName": "llm-on-ecs-prod-inference"},
        ]
    )
    assert list(DeployedStage(account, "dev").stacks()) == ["llm-on-ecs-dev-inference"]
