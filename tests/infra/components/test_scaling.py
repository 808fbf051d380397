"""Scaling holds the metric that the service writes."""

import pytest

from tests.infra.assemblies import Assembly


def test_slot_utilisation_is_held_at_the_target(dev: Assembly) -> None:
    policy = dev.only("AWS::ApplicationAutoScaling::ScalingPolicy")
    assert policy["PolicyType"] == "TargetTrackingScaling"
    configuration = policy["TargetTrackingScalingPolicyConfiguration"]
    assert configuration["TargetValue"] == 70
    assert configuration["CustomizedMetricSpecification"] == {
        "Namespace": "LlmOnEcs",
        "MetricName": "SlotUtilization",
        "Dimensions": [{"Name": "Stage", "Value": "dev"}],
        "Statistic": "Average",
        "Unit": "Percent",
    }


def test_scaling_out_is_quicker_than_scaling_in(dev: Assembly) -> None:
    policy = dev.only("AWS::ApplicationAutoScaling::ScalingPolicy")
    configuration = policy["TargetTrackingScalingPolicyConfiguration"]
    assert configuration["ScaleOutCooldown"] == 60
    assert configuration["ScaleInCooldown"] == 300
    assert "DisableScaleIn" not in configuration


@pytest.mark.parametrize(
    ("stage", "bounds"), [("local", (2, 10)), ("dev", (2, 10)), ("prod", (2, 10))]
)
def test_the_number_of_tasks_stays_within_the_settings(
    request: pytest.FixtureRequest, stage: str, bounds: tuple[int, int]
) -> None:
    assembly: Assembly = request.getfixturevalue(stage)
    target = assembly.only("AWS::ApplicationAutoScaling::ScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == bounds
    assert target["ScalableDimension"] == "ecs:service:DesiredCount"
