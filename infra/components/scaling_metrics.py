"""What scaling reads, each so that it halves where the tasks are doubled."""

from collections.abc import Sequence
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.components.fleet import Fleet
from infra.components.service_metric import service_metric
from infra.container_env import METRICS_PERIOD_SECONDS, ServiceMetric
from infra.timeouts import SCALING_PERIOD_SECONDS

PERIOD: Final = Duration.seconds(SCALING_PERIOD_SECONDS)
LINES_A_PERIOD: Final = SCALING_PERIOD_SECONDS // METRICS_PERIOD_SECONDS


def slot_utilization(stage: str, statistic: str = cloudwatch.Stats.AVERAGE) -> cloudwatch.Metric:
    """100 (running + waiting) / slots, of each task that runs. Scaling reads it per minute."""
    return service_metric(stage, ServiceMetric.SLOT_UTILIZATION, statistic, period=PERIOD)


def fleet_slot_utilization(stage: str, fleets: Sequence[Fleet]) -> cloudwatch.MathExpression:
    """The same over the tasks of the fleet that serves, where a second one stands beside it idle.

    The idle one's zeros would halve the average; in a sum they are nothing. Without any line there
    is no sum either: when CloudWatch Logs is away, nothing is scaled in for it.
    """
    tasks, metrics = _serving_tasks(fleets)
    return cloudwatch.MathExpression(
        # Each task writes so many lines a period.
        expression=f"slots / {LINES_A_PERIOD} / {tasks}",
        using_metrics={"slots": slot_utilization(stage, cloudwatch.Stats.SUM), **metrics},
        period=PERIOD,
        label="slots taken of the fleet that serves, %",
    )


def requests_per_task(fleets: Sequence[Fleet]) -> cloudwatch.MathExpression:
    """Requests a minute, REST and gRPC, for each task of the fleet that serves.

    AWS's own ALBRequestCountPerTarget knows one target group: no gRPC, and after a blue/green
    rollout the wrong one (aws/containers-roadmap#1681).
    """
    tasks, metrics = _serving_tasks(fleets)
    groups = [group for fleet in fleets for group in fleet]
    requests = {
        f"requests{index}": group.metrics.request_count(period=PERIOD)
        for index, group in enumerate(groups)
    }
    # A group without requests may have no data, and no data would block scaling in.
    total = " + ".join(f"FILL({name}, 0)" for name in requests)
    return cloudwatch.MathExpression(
        expression=f"({total}) / {tasks}",
        using_metrics={**requests, **metrics},
        period=PERIOD,
        label="requests a minute for each task",
    )


def _serving_tasks(fleets: Sequence[Fleet]) -> tuple[str, dict[str, cloudwatch.IMetric]]:
    """How many tasks are ready in the larger fleet: as many as the service is meant to have.

    A group without targets has no data, and is filled with 0 before it is compared. Both empty are
    a division by zero, which is no data.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
    """
    metrics: dict[str, cloudwatch.IMetric] = {
        f"tasks{index}": fleet.rest.metrics.healthy_host_count(
            statistic=cloudwatch.Stats.MAXIMUM, period=PERIOD
        )
        for index, fleet in enumerate(fleets)
    }
    if len(metrics) == 1:
        return "tasks0", metrics
    larger, *others = (f"FILL({name}, 0)" for name in metrics)
    for filled in others:
        larger = f"IF({larger} > {filled}, {larger}, {filled})"
    return larger, metrics
