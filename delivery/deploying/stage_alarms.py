"""The CloudWatch alarms that the stage's stacks own."""

from __future__ import annotations

from typing import Any, Final

from delivery.deploying.deployed import DeployedStage

# "AlarmNames: up to 100 items".
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
ALARMS_A_CALL: Final = 100
TYPES: Final = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
FIRING: Final = "ALARM"


def stage_alarms(stage: DeployedStage) -> list[dict[str, Any]]:
    """Those that tell of trouble, by their names. Raises `CouldNotAsk`."""
    names = sorted(stage.physical_ids(*TYPES))
    found: list[dict[str, Any]] = []
    for start in range(0, len(names), ALARMS_A_CALL):
        answer = stage.account.ask(
            "cloudwatch",
            "DescribeAlarms",
            AlarmNames=names[start : start + ALARMS_A_CALL],
            AlarmTypes=["MetricAlarm", "CompositeAlarm"],
        )
        found += (answer or {}).get("MetricAlarms", ())
        found += (answer or {}).get("CompositeAlarms", ())
    return sorted(
        (alarm for alarm in found if not _only_scales(alarm)), key=lambda alarm: alarm["AlarmName"]
    )


def _only_scales(alarm: dict[str, Any]) -> bool:
    """Whether it only moves the number of tasks: it is on whenever there is little to do."""
    actions = alarm.get("AlarmActions", ())
    return bool(actions) and all(":autoscaling:" in action for action in actions)
