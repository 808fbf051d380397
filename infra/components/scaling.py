"""How many tasks run."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.components.ecs_service import InferenceService
from infra.container_env import METRIC_DIMENSION, METRICS_NAMESPACE, ServiceMetric
from infra.settings import StageSettings


class SlotScaling(Construct):
    """Holds slot utilisation near the target.

    Scales in slowly, because a cold task spends seconds loading weights.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        service: InferenceService,
    ) -> None:
        super().__init__(scope, construct_id)
        scaling = settings.scaling
        tasks = service.service.auto_scale_task_count(
            min_capacity=scaling.min_tasks, max_capacity=scaling.max_tasks
        )
        tasks.scale_to_track_custom_metric(
            "SlotUtilization",
            metric=slot_utilization(settings.name),
            target_value=scaling.slot_utilization_percent,
            # One period of the metric: the next decision sees what the last one did.
            scale_out_cooldown=Duration.seconds(60),
            # Target tracking itself waits for 15 minutes of low load; this spaces the steps.
            scale_in_cooldown=Duration.seconds(300),
        )


def slot_utilization(stage: str) -> cloudwatch.Metric:
    """100 (running + waiting) / slots, averaged over the tasks. Scaling reads it per minute."""
    return cloudwatch.Metric(
        namespace=METRICS_NAMESPACE,
        metric_name=ServiceMetric.SLOT_UTILIZATION.metric_name,
        dimensions_map={METRIC_DIMENSION: stage},
        statistic=cloudwatch.Stats.AVERAGE,
        period=Duration.minutes(1),
        unit=cloudwatch.Unit[ServiceMetric.SLOT_UTILIZATION.unit.upper()],
    )
