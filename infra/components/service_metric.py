"""The metrics that every task writes, as CloudWatch has them."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.container_env import METRIC_DIMENSION, METRICS_NAMESPACE, ServiceMetric


def service_metric(
    stage: str,
    metric: ServiceMetric,
    statistic: str,
    *,
    period: Duration,
    label: str | None = None,
) -> cloudwatch.Metric:
    """One of them, over all tasks of a stage."""
    return cloudwatch.Metric(
        namespace=METRICS_NAMESPACE,
        metric_name=metric.metric_name,
        dimensions_map={METRIC_DIMENSION: stage},
        statistic=statistic,
        period=period,
        unit=cloudwatch.Unit[metric.unit.upper()],
        label=label,
    )
