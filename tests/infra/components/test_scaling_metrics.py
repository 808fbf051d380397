"""Metrics for scaling where there is more than one target group: two protocols, two fleets."""

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from infra.components.fleet import Fleet
from infra.components.scaling_metrics import fleet_slot_utilization, requests_per_task
from infra.container_env import METRICS_PERIOD_SECONDS

LARGER = "IF(FILL(tasks0, 0) > FILL(tasks1, 0), FILL(tasks0, 0), FILL(tasks1, 0))"


@pytest.fixture(scope="module")
def fleets() -> tuple[Fleet, Fleet]:
    """Blue and green, each with REST and gRPC."""
    stack = Stack(App())
    vpc = ec2.Vpc(stack, "Vpc")
    balancer = elbv2.ApplicationLoadBalancer(stack, "Balancer", vpc=vpc)
    listener = balancer.add_listener("Http", port=80, open=False)
    groups = [
        elbv2.ApplicationTargetGroup(stack, name, vpc=vpc, port=80)
        for name in ("BlueRest", "BlueGrpc", "GreenRest", "GreenGrpc")
    ]
    listener.add_target_groups("All", target_groups=groups)
    return Fleet(groups[0], groups[1]), Fleet(groups[2], groups[3])


def names(expression: cloudwatch.MathExpression) -> dict[str, str]:
    """The name of the metric behind each variable."""
    return {
        key: metric.metric_name
        for key, metric in (expression.using_metrics or {}).items()
        if isinstance(metric, cloudwatch.Metric)
    }


def test_a_second_fleet_that_idles_does_not_halve_the_slots_taken(
    fleets: tuple[Fleet, Fleet],
) -> None:
    slots = fleet_slot_utilization("own", fleets)
    # Three lines a minute of each task, over the tasks of the larger fleet.
    assert slots.expression == f"slots / 3 / {LARGER}"
    assert names(slots) == {
        "slots": "SlotUtilization",
        "tasks0": "HealthyHostCount",
        "tasks1": "HealthyHostCount",
    }
    assert slots.using_metrics is not None
    total = slots.using_metrics["slots"]
    assert isinstance(total, cloudwatch.Metric)
    assert (total.statistic, total.dimensions) == ("Sum", {"Stage": "own"})


@pytest.mark.parametrize(
    ("blue", "green", "per_task"),
    [
        # Percent of each task's slots, ready or not; and how many are ready.
        (([80, 80], 2), ([], 0), 80),
        # Its group has no target, and so no data.
        (([80, 80], 2), ([], None), 80),
        (([], None), ([80, 80], 2), 80),
        # Green starts: its zeros count for nothing, whether or not it is ready.
        (([80, 80], 2), ([0, 0], 0), 80),
        (([80, 80], 2), ([0, 0], 2), 80),
        # A canary: green does a tenth.
        (([144 / 2, 144 / 2], 2), ([8, 8], 2), 80),
        # Green has taken over, and blue waits for the end of the bake.
        (([0, 0], 2), ([80, 80], 2), 80),
        # One of three is lost: its load is on the others.
        (([120, 120], 2), ([], 0), 120),
    ],
)
def test_the_fleet_that_serves_is_as_busy_as_its_tasks_are(
    fleets: tuple[Fleet, Fleet],
    blue: tuple[list[float], int | None],
    green: tuple[list[float], int | None],
    per_task: float,
) -> None:
    lines = 60 // METRICS_PERIOD_SECONDS
    total = lines * (sum(blue[0]) + sum(green[0]))
    expression = fleet_slot_utilization("own", fleets).expression
    python = expression.replace(LARGER, "max(tasks0 or 0, tasks1 or 0)")
    variables = {"slots": total, "tasks0": blue[1], "tasks1": green[1], "max": max}
    assert eval(python, variables) == pytest.approx(per_task)  # noqa: S307 - our own arithmetic


def test_no_line_of_any_task_is_no_data_and_not_an_empty_service(
    fleets: tuple[Fleet, Fleet],
) -> None:
    assert "FILL(slots" not in fleet_slot_utilization("own", fleets).expression


def test_tasks_are_counted_as_the_node_that_sees_most_sees_them(
    fleets: tuple[Fleet, Fleet],
) -> None:
    """A node that has just come sees none ready, and the others serve on."""
    for expression in (fleet_slot_utilization("own", fleets), requests_per_task(fleets)):
        for name in ("tasks0", "tasks1"):
            metric = (expression.using_metrics or {})[name]
            assert isinstance(metric, cloudwatch.Metric)
            assert (metric.statistic, metric.period.to_seconds()) == ("Maximum", 60)


def test_requests_of_both_protocols_are_counted_together(fleets: tuple[Fleet, Fleet]) -> None:
    requests = requests_per_task(fleets[:1])
    assert requests.expression == "(FILL(requests0, 0) + FILL(requests1, 0)) / tasks0"


def test_requests_of_blue_and_green_are_summed_over_the_larger_fleet(
    fleets: tuple[Fleet, Fleet],
) -> None:
    requests = requests_per_task(fleets)
    assert requests.expression == (
        "(FILL(requests0, 0) + FILL(requests1, 0) + FILL(requests2, 0) + FILL(requests3, 0))"
        f" / {LARGER}"
    )
    counted = [name for name in names(requests) if name.startswith("requests")]
    assert len(counted) == 4
