"""How the load balancer finds the tasks that serve REST, in one target group or in two."""

from collections.abc import Sequence
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elbv2

MINUTE: Final = Duration.minutes(1)

AnyMetric = cloudwatch.Metric | cloudwatch.MathExpression


class TargetMetrics:
    """Counts over all groups, for the tasks are now in the one and now in the other."""

    def __init__(self, groups: Sequence[elbv2.ApplicationTargetGroup]) -> None:
        self._groups = [group.metrics for group in groups]

    def ready(self, statistic: str) -> AnyMetric:
        """Tasks that pass the load balancer's check.

        Reported as long as a target is registered, and not at all without one.
        https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
        """
        found = [
            group.healthy_host_count(statistic=statistic, period=MINUTE, label="ready tasks")
            for group in self._groups
        ]
        return _total("ready", found, label="ready tasks")

    def unready(self) -> AnyMetric:
        """Tasks that are registered and fail the load balancer's check."""
        label = "tasks that are not ready"
        found = [
            group.unhealthy_host_count(
                statistic=cloudwatch.Stats.MAXIMUM, period=MINUTE, label=label
            )
            for group in self._groups
        ]
        return _total("unready", found, label=label)

    def failing_groups(self) -> cloudwatch.MathExpression:
        """Groups that get requests and in which more tasks fail the check than pass it.

        A task that starts fails it until its model is loaded. In a rollout that is no trouble:
        beside it an old one serves in the same group, or its group gets no requests yet. Where
        scaling sends more than there are, only time tells it from a failure.
        """
        parts = [
            f"IF(FILL(requests_{number}, 0) > 0, "
            f"IF(FILL(unready_{number}, 0) > FILL(ready_{number}, 0), 1, 0), 0)"
            for number, _ in enumerate(self._groups, start=1)
        ]
        return cloudwatch.MathExpression(
            expression=" + ".join(parts),
            using_metrics=self._of_each_group(),
            period=MINUTE,
            label="target groups that fail",
        )

    def _of_each_group(self) -> dict[str, cloudwatch.IMetric]:
        """What every node of the load balancer sees of trouble at least, of health at most."""
        found: dict[str, cloudwatch.IMetric] = {}
        for number, group in enumerate(self._groups, start=1):
            found |= {
                f"requests_{number}": group.request_count(period=MINUTE),
                f"unready_{number}": group.unhealthy_host_count(
                    statistic=cloudwatch.Stats.MINIMUM, period=MINUTE
                ),
                f"ready_{number}": group.healthy_host_count(
                    statistic=cloudwatch.Stats.MAXIMUM, period=MINUTE
                ),
            }
        return found


def _total(name: str, found: Sequence[cloudwatch.Metric], *, label: str) -> AnyMetric:
    """Their sum; a group without any target reports nothing, and counts as none."""
    if len(found) == 1:
        return found[0]
    names = {f"{name}_{number}": metric for number, metric in enumerate(found, start=1)}
    return cloudwatch.MathExpression(
        expression=" + ".join(f"FILL({each}, 0)" for each in names),
        using_metrics=names,
        period=MINUTE,
        label=label,
    )
