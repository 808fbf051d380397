"""The metrics that tell how a stage is: the service's own, and AWS's, none of which costs extra.

What ECS would tell of running tasks is in Container Insights, which bills each metric; here the
load balancer counts the tasks that are ready, and the service's own lines those that run.
"""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from infra.components.load_balancer import LoadBalancer
from infra.components.service_metric import service_metric
from infra.components.target_metrics import TargetMetrics
from infra.container_env import METRICS_PERIOD_SECONDS, ServiceMetric

FIVE_MINUTES: Final = Duration.minutes(5)

# Fewer failed requests in five minutes than this are never an alarm: on a quiet stage one alone can
# be all of the traffic. The same as in monitoring/alert_rules.yml.
FEWEST_ERRORS: Final = 3
# Of fewer requests none is the one in twenty that may be slow.
FEWEST_FIRST_TOKENS: Final = 20


class StageMetrics:
    """The metrics of one stage, each as alarms and the dashboard read it."""

    def __init__(self, stage: str, *, balancer: LoadBalancer) -> None:
        self._stage = stage
        self._balancer = balancer.balancer.metrics
        self.targets = TargetMetrics([fleet.rest for fleet in balancer.fleets])

    def of_service(
        self, metric: ServiceMetric, statistic: str, *, period: Duration = FIVE_MINUTES, label: str
    ) -> cloudwatch.Metric:
        """One of the metrics that every task writes, over all tasks."""
        return service_metric(self._stage, metric, statistic, period=period, label=label)

    def slots(self, *, period: Duration = FIVE_MINUTES) -> cloudwatch.Metric:
        """100 (running + waiting) / slots, averaged over the tasks."""
        return self.of_service(
            ServiceMetric.SLOT_UTILIZATION,
            cloudwatch.Stats.AVERAGE,
            period=period,
            label="slots taken, %",
        )

    def first_token(self, percentile: int) -> cloudwatch.Metric:
        """Seconds to the first token, which this percentage of the requests stay below."""
        return self.of_service(
            ServiceMetric.TIME_TO_FIRST_TOKEN,
            cloudwatch.Stats.percentile(percentile),
            label=f"{percentile} % wait at most, s",
        )

    def first_token_of_many(self, percentile: int, *, fewest: int) -> cloudwatch.MathExpression:
        """The same, and 0 where fewer than `fewest` requests had one."""
        count = self.of_service(
            ServiceMetric.TIME_TO_FIRST_TOKEN, cloudwatch.Stats.SAMPLE_COUNT, label="first tokens"
        )
        return cloudwatch.MathExpression(
            expression=f"IF(FILL(count, 0) >= {fewest}, FILL(wait, 0), 0)",
            using_metrics={"count": count, "wait": self.first_token(percentile)},
            period=FIVE_MINUTES,
            label=f"{percentile} % of many wait at most, s",
        )

    def processed_bytes(self) -> cloudwatch.Metric:
        """What the load balancer's bill counts, besides its hours."""
        return self._balancer.processed_bytes(period=FIVE_MINUTES, label="load balancer")

    def nat_bytes(self) -> cloudwatch.MathExpression:
        """Bytes through NAT gateways, both ways: all of the region's, whoever they belong to.

        By name they would be the network stack's exports, and hold its gateways where they are.
        https://docs.aws.amazon.com/vpc/latest/userguide/metrics-dimensions-nat-gateway.html
        """
        found = [
            f"SUM(SEARCH('{{AWS/NATGateway,NatGatewayId}} MetricName=\"{name}\"', 'Sum'))"
            for name in ("BytesOutToDestination", "BytesInFromDestination")
        ]
        return cloudwatch.MathExpression(
            expression=" + ".join(found),
            using_metrics={},
            period=FIVE_MINUTES,
            label="NAT gateways of the region",
        )

    def account_charges(self) -> cloudwatch.Metric:
        """The whole account's month so far, in us-east-1 only, and there once billing alerts are
        switched on.

        https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/monitor_estimated_charges_with_cloudwatch.html
        """
        return cloudwatch.Metric(
            namespace="AWS/Billing",
            metric_name="EstimatedCharges",
            dimensions_map={"Currency": "USD"},
            statistic=cloudwatch.Stats.MAXIMUM,
            period=Duration.hours(6),
            region="us-east-1",
            label="this month so far, USD",
        )

    def running_tasks(self) -> cloudwatch.MathExpression:
        """Tasks that run, ready or not, by the lines that each writes: what Fargate bills."""
        lines = self.of_service(
            ServiceMetric.SLOT_UTILIZATION, cloudwatch.Stats.SAMPLE_COUNT, label="lines"
        )
        return cloudwatch.MathExpression(
            expression=f"lines * {METRICS_PERIOD_SECONDS} / PERIOD(lines)",
            using_metrics={"lines": lines},
            period=FIVE_MINUTES,
            label="task-hours an hour",
        )

    def error_percent(self, *, fewest: int = 1) -> cloudwatch.MathExpression:
        """Percent of the requests that failed by a fault of ours; 0 below `fewest` of them."""
        return cloudwatch.MathExpression(
            # Never divides by zero, which gives no data instead of a number.
            expression=f"IF(failed >= {fewest}, 100 * failed / IF(all > 0, all, 1), 0)",
            using_metrics={"failed": self._failed(), "all": self._all()},
            period=FIVE_MINUTES,
            label="failed requests, %",
        )

    def availability(self) -> cloudwatch.MathExpression:
        """Percent of the requests that did not fail by a fault of ours."""
        return cloudwatch.MathExpression(
            expression="100 - 100 * failed / IF(all > 0, all, 1)",
            using_metrics={"failed": self._failed(), "all": self._all()},
            period=FIVE_MINUTES,
            label="requests that did not fail, %",
        )

    def _failed(self) -> cloudwatch.MathExpression:
        errors = self.of_service(ServiceMetric.ERRORS, cloudwatch.Stats.SUM, label="errors")
        return self._and_lost(errors)

    def _all(self) -> cloudwatch.MathExpression:
        requests = self.of_service(ServiceMetric.REQUESTS, cloudwatch.Stats.SUM, label="requests")
        return self._and_lost(requests)

    def _and_lost(self, counted: cloudwatch.Metric) -> cloudwatch.MathExpression:
        """With those that the load balancer answered itself: no task was there to count them."""
        name = str(counted.label)
        return cloudwatch.MathExpression(
            # Reported where it is not zero only.
            expression=f"{name} + FILL(lost, 0)",
            using_metrics={name: counted, "lost": self.lost_requests()},
            period=FIVE_MINUTES,
        )

    def lost_requests(self) -> cloudwatch.Metric:
        """Requests that the load balancer answered with an error of its own, 502 to 504 mostly."""
        return self._balancer.http_code_elb(
            elbv2.HttpCodeElb.ELB_5XX_COUNT, period=FIVE_MINUTES, label="lost before a task"
        )
