"""Target tracking that the CDK has no L2 for: metric math (aws-cdk#20659), and metrics that are
newer than its list (aws-cdk#38207)."""

from typing import cast

from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.timeouts import ScalingPace

Policy = autoscaling.CfnScalingPolicy
Customised = Policy.CustomizedMetricSpecificationProperty
Predefined = Policy.PredefinedMetricSpecificationProperty
Query = Policy.TargetTrackingMetricDataQueryProperty

# What scaling reads beside the metrics that it is made of.
RESULT = "tracked"


class TrackingPolicy(Construct):
    """Holds a metric near its target, at the stage's pace."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        tasks: Construct,
        pace: ScalingPace,
        target: float,
        metric: str | cloudwatch.MathExpression,
    ) -> None:
        """`tasks` is the service's scalable task count; `metric` a name of AWS's, or metric math
        that falls as tasks are added."""
        super().__init__(scope, construct_id)
        scalable = cast(autoscaling.ScalableTarget, tasks.node.find_child("Target"))
        Policy(
            self,
            "Policy",
            # One of this service's policies; each service has its own.
            policy_name=construct_id,
            policy_type="TargetTrackingScaling",
            scaling_target_id=scalable.scalable_target_id,
            target_tracking_scaling_policy_configuration=_tracking(metric, target, pace),
        )


def _tracking(
    metric: str | cloudwatch.MathExpression, target: float, pace: ScalingPace
) -> Policy.TargetTrackingScalingPolicyConfigurationProperty:
    predefined = Predefined(predefined_metric_type=metric) if isinstance(metric, str) else None
    customised = None if isinstance(metric, str) else _specification(metric)
    return Policy.TargetTrackingScalingPolicyConfigurationProperty(
        target_value=target,
        predefined_metric_specification=predefined,
        customized_metric_specification=customised,
        scale_out_cooldown=pace.scale_out_cooldown_seconds,
        scale_in_cooldown=pace.scale_in_cooldown_seconds,
    )


def _specification(expression: cloudwatch.MathExpression) -> Customised:
    """The metrics, and last what is made of them.

    https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking-metric-math.html
    """
    metrics = cast(dict[str, cloudwatch.Metric], expression.using_metrics)
    queries = [_query(name, metric) for name, metric in metrics.items()]
    result = Query(id=RESULT, expression=expression.expression, return_data=True)
    return Customised(metrics=[*queries, result])


def _query(name: str, metric: cloudwatch.Metric) -> Query:
    dimensions = [
        Policy.TargetTrackingMetricDimensionProperty(name=key, value=str(value))
        for key, value in (metric.dimensions or {}).items()
    ]
    described = Policy.TargetTrackingMetricProperty(
        namespace=metric.namespace, metric_name=metric.metric_name, dimensions=dimensions
    )
    statistic = Policy.TargetTrackingMetricStatProperty(metric=described, stat=metric.statistic)
    return Query(id=name, metric_stat=statistic, return_data=False)
