"""How many tasks run: between which bounds, at which times, and by what."""

from collections.abc import Sequence
from typing import cast

from aws_cdk import Duration, TimeZone
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from infra.components.ecs_service import InferenceService
from infra.components.fleet import Fleet
from infra.components.scaling_metrics import (
    fleet_slot_utilization,
    requests_per_task,
    slot_utilization,
)
from infra.components.tracking_policy import TrackingPolicy
from infra.consistency.scaling import bounds_of
from infra.settings import StageSettings


class ServiceScaling(Construct):
    """Holds each metric that the stage scales by near its target.

    Scales in slowly, because a cold task takes a while until it serves (`ScalingPace`).
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        service: InferenceService,
        fleets: Sequence[Fleet],
    ) -> None:
        """`fleets` are those that run at once in a rollout: one, or blue and green."""
        super().__init__(scope, construct_id)
        scaling = settings.scaling
        self._pace = settings.pace
        self._tasks = service.service.auto_scale_task_count(
            min_capacity=scaling.min_tasks, max_capacity=scaling.max_tasks
        )
        self._schedule(settings)
        if scaling.by_slots:
            self._track_slots(settings, fleets)
        if scaling.cpu_percent is not None:
            self._track_cpu(service.service, percent=scaling.cpu_percent)
        if scaling.requests_per_minute is not None:
            self._track("Requests", requests_per_task(fleets), target=scaling.requests_per_minute)

    def _schedule(self, settings: StageSettings) -> None:
        for name, schedule in settings.schedules.items():
            bounds = bounds_of(schedule, settings.scaling)
            self._tasks.scale_on_schedule(
                name,
                schedule=autoscaling.Schedule.expression(f"cron({schedule.cron})"),
                time_zone=TimeZone.of(schedule.time_zone),
                min_capacity=bounds.fewest,
                max_capacity=bounds.most,
            )

    def _track_slots(self, settings: StageSettings, fleets: Sequence[Fleet]) -> None:
        target = settings.scaling.slot_utilization_percent
        if len(fleets) > 1:
            self._track("FleetSlots", fleet_slot_utilization(settings.name, fleets), target=target)
            return
        self._tasks.scale_to_track_custom_metric(
            "SlotUtilization",
            metric=slot_utilization(settings.name),
            target_value=target,
            scale_out_cooldown=Duration.seconds(self._pace.scale_out_cooldown_seconds),
            scale_in_cooldown=Duration.seconds(self._pace.scale_in_cooldown_seconds),
        )

    def _track_cpu(self, service: ecs.FargateService, *, percent: int) -> None:
        """By the 20-second metrics, which the service has to be told to publish; a policy is made
        after it, and so once the rollout that this takes is over, as ECS demands.

        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/target-tracking-faster-auto-scaling.html
        """
        # Neither has an L2 yet (aws-cdk#38207).
        resource = cast(ecs.CfnService, service.node.default_child)
        resource.monitoring = ecs.CfnService.MonitoringConfigurationProperty(
            metric_configurations=[
                ecs.CfnService.MetricConfigurationProperty(
                    metric_names=["CPUUtilization"], resolution_seconds=20
                )
            ]
        )
        self._track("Cpu", "ECSServiceAverageCPUUtilizationHighResolution", target=percent)

    def _track(
        self, construct_id: str, metric: str | cloudwatch.MathExpression, *, target: float
    ) -> None:
        TrackingPolicy(
            self, construct_id, tasks=self._tasks, pace=self._pace, target=target, metric=metric
        )
