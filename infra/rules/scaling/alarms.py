"""Alarms, and the dimensions of metrics."""

from collections.abc import Iterator
from typing import Final

from infra.reading.balancing import LOAD_BALANCER, TARGET_GROUP
from infra.reading.node import Node
from infra.reading.rule import Finding, Rule
from infra.reading.scaling import ALARM, metrics
from infra.reading.services import CLUSTER, SERVICE
from infra.reading.stack import Stack

REFERENCE: Final = (
    "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"
)
# What a dimension's value is of a resource: the attribute, or None for a Ref.
DIMENSIONS: Final[dict[str, tuple[str, str | None]]] = {
    "LoadBalancer": (LOAD_BALANCER, "LoadBalancerFullName"),
    "TargetGroup": (TARGET_GROUP, "TargetGroupFullName"),
    "ServiceName": (SERVICE, "Name"),
    "ClusterName": (CLUSTER, None),
}
MINUTE: Final = 60
HOST_COUNTS: Final = ("HealthyHostCount", "UnHealthyHostCount")


class MetricDimension(Rule):
    """Dimensions by ARN."""

    id = "E9596"
    shortdesc = "A metric's dimension has the name that the metric is published under"
    description = "With an ARN in its place the metric has no data, and the alarm never rings."
    source_url = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for metric in metrics(stack):
            for dimension in metric["Dimensions"].items():
                value, name = dimension["Value"], dimension["Name"].text() or ""
                kind, right = DIMENSIONS.get(name, ("", None))
                resource = value.resource(kind)
                if resource is not None and value.attribute != right:
                    wrong = f"dimension {name} holds the resource's ARN, and not its name"
                    by = f"GetAtt {right}" if right else "Ref"
                    yield Finding(value, wrong, resource.logical_id, f"use {by}")


class AlarmPeriod(Rule):
    """Periods below a minute."""

    id = "W9597"
    shortdesc = "An alarm on a metric of AWS has a period of a minute or more"
    description = "AWS publishes most metrics once a minute; between them the alarm has no data."
    source_url = REFERENCE

    def findings(self, stack: Stack) -> Iterator[Finding]:
        faster = any(service["Monitoring"].exists for service in stack.everywhere(SERVICE))
        for alarm in stack.resources(ALARM):
            for place, namespace in self._periods(alarm.properties):
                seconds, name = place.number(), namespace.text() or ""
                often = seconds is not None and seconds < MINUTE
                if often and name.startswith("AWS/") and not (name == "AWS/ECS" and faster):
                    wrong = f"{name} has one datapoint a minute"
                    yield Finding(place, wrong, seconds, "set Period to 60 or more")

    @staticmethod
    def _periods(alarm: Node) -> Iterator[tuple[Node, Node]]:
        yield alarm["Period"], alarm["Namespace"]
        for query in alarm["Metrics"].items():
            stat = query["MetricStat"]
            yield stat["Period"], stat["Metric"]["Namespace"]


class AlarmStatistic(Rule):
    """What is taken of a metric's datapoints."""

    id = "E9598"
    shortdesc = "An alarm on a metric says which statistic"
    description = "CloudWatch refuses an alarm with a MetricName and no statistic."
    source_url = REFERENCE

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for alarm in stack.resources(ALARM):
            said = alarm["Statistic"].exists or alarm["ExtendedStatistic"].exists
            if alarm["MetricName"].exists and not said:
                wrong = "an alarm on a metric needs a statistic"
                remedy = "set Statistic or ExtendedStatistic"
                yield Finding(alarm["MetricName"], wrong, None, remedy)


class MathResult(Rule):
    """Which of several expressions an alarm watches."""

    id = "E9599"
    shortdesc = "Of an alarm's metrics one returns the data that it watches"
    description = (
        "CloudWatch refuses an alarm of several metrics unless ReturnData is true for one alone; "
        "it is true unless set."
    )
    source_url = (
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html"
    )

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for alarm in stack.resources(ALARM):
            queries = alarm["Metrics"].all_items() or []
            # An alarm on an anomaly band returns the metric and the band.
            if not queries or alarm["ThresholdMetricId"].exists:
                continue
            returned = [query["ReturnData"].flag(absent=True) for query in queries]
            if None not in returned and sum(map(bool, returned)) != 1:
                wrong = "one of an alarm's metrics returns data, the others are set not to"
                got = f"{sum(map(bool, returned))} that return it"
                remedy = "set ReturnData to false for all but the one to watch"
                yield Finding(alarm["Metrics"], wrong, got, remedy)


class HostCount(Rule):
    """Counts of hosts, which are a target group's behind a load balancer."""

    id = "E9577"
    shortdesc = "An alarm on a count of hosts names the target group and the load balancer"
    description = "The counts are published under both alone: the alarm has no data."
    source_url = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for metric in metrics(stack):
            listed = metric["Dimensions"].all_items()
            names = {item["Name"].text() for item in listed or []}
            lacking = [name for name in ("TargetGroup", "LoadBalancer") if name not in names]
            known = listed is not None and None not in names
            if lacking and known and self._counted(metric):
                wrong = "a count of hosts has the dimensions TargetGroup and LoadBalancer"
                got = f"no {' and no '.join(lacking)}"
                yield Finding(metric["MetricName"], wrong, got, "add what is missing")

    @staticmethod
    def _counted(metric: Node) -> bool:
        balancing = metric["Namespace"].text() in ("AWS/ApplicationELB", "AWS/NetworkELB")
        return balancing and metric["MetricName"].text() in HOST_COUNTS
