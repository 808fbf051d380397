"""Scaling holds the metric that the service writes, and whatever else a stage asks for."""

from typing import Any

import pytest

from tests.infra.assemblies import Assembly

POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"


def tracking(assembly: Assembly, name: str) -> Any:
    """What the policy with this in its name tracks."""
    bodies = [body["Properties"] for body in assembly.resources(POLICY).values()]
    (only,) = (body for body in bodies if name in body["PolicyName"])
    return only["TargetTrackingScalingPolicyConfiguration"]


def test_slot_utilisation_is_held_at_the_target(dev: Assembly) -> None:
    policy = dev.only(POLICY)
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
    configuration = dev.only(POLICY)["TargetTrackingScalingPolicyConfiguration"]
    assert configuration["ScaleOutCooldown"] < configuration["ScaleInCooldown"]
    assert "DisableScaleIn" not in configuration


@pytest.mark.parametrize("name", ["SlotUtilization", "Cpu", "Requests"])
def test_every_policy_waits_for_what_scaling_did_last(governed: Assembly, name: str) -> None:
    # 90 s until a task serves, as somebody measured, and a minute until the metric shows it.
    configuration = tracking(governed, name)
    assert (configuration["ScaleOutCooldown"], configuration["ScaleInCooldown"]) == (150, 330)


def test_cpu_is_read_every_20_seconds_and_the_service_publishes_it_so(governed: Assembly) -> None:
    assert tracking(governed, "Cpu")["PredefinedMetricSpecification"] == {
        "PredefinedMetricType": "ECSServiceAverageCPUUtilizationHighResolution"
    }
    (configuration,) = governed.only("AWS::ECS::Service")["Monitoring"]["MetricConfigurations"]
    assert configuration == {"MetricNames": ["CPUUtilization"], "ResolutionSeconds": 20}


def test_a_service_that_is_not_scaled_by_cpu_publishes_what_is_free(dev: Assembly) -> None:
    assert "Monitoring" not in dev.only("AWS::ECS::Service")


def test_requests_are_counted_by_the_target_group_and_no_data_is_none(governed: Assembly) -> None:
    specification = tracking(governed, "Requests")["CustomizedMetricSpecification"]
    requests, tasks, result = specification["Metrics"]
    assert result["Expression"] == "(FILL(requests0, 0)) / tasks0"
    assert (requests["ReturnData"], tasks["ReturnData"], result["ReturnData"]) == (
        False,
        False,
        True,
    )
    assert requests["MetricStat"]["Metric"]["MetricName"] == "RequestCount"
    assert requests["MetricStat"]["Stat"] == "Sum"
    assert tasks["MetricStat"]["Metric"]["MetricName"] == "HealthyHostCount"
    for query in (requests, tasks):
        dimensions = {item["Name"] for item in query["MetricStat"]["Metric"]["Dimensions"]}
        assert dimensions == {"LoadBalancer", "TargetGroup"}


@pytest.mark.parametrize(
    ("stage", "bounds"), [("local", (2, 10)), ("dev", (2, 10)), ("prod", (2, 10))]
)
def test_the_number_of_tasks_stays_within_the_settings(
    request: pytest.FixtureRequest, stage: str, bounds: tuple[int, int]
) -> None:
    assembly: Assembly = request.getfixturevalue(stage)
    target = assembly.only(TARGET)
    assert (target["MinCapacity"], target["MaxCapacity"]) == bounds
    assert target["ScalableDimension"] == "ecs:service:DesiredCount"
    assert "ScheduledActions" not in target


def test_schedules_set_both_bounds_at_their_time(governed: Assembly) -> None:
    assert governed.only(TARGET)["ScheduledActions"] == [
        {
            "ScheduledActionName": "working-hours",
            "Schedule": "cron(0 8 ? * MON-FRI *)",
            "Timezone": "Europe/Berlin",
            "ScalableTargetAction": {"MinCapacity": 4, "MaxCapacity": 20},
        },
        {
            "ScheduledActionName": "evening",
            "Schedule": "cron(0 19 ? * MON-FRI *)",
            "Timezone": "Europe/Berlin",
            "ScalableTargetAction": {"MinCapacity": 2, "MaxCapacity": 10},
        },
    ]
