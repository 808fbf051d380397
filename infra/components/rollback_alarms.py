"""What makes ECS undo a rollout that has begun well and goes wrong."""

from collections.abc import Iterator
from typing import Final

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.components.stage_metrics import FEWEST_ERRORS, FEWEST_FIRST_TOKENS, StageMetrics
from infra.components.symptoms import ABOVE, AT_LEAST, NOT_BREACHING, Symptom, alarm_of
from infra.settings import StageSettings
from infra.timeouts import ScalingPace

SECTION: Final = "rolled-back"
# For a task that loads its model more slowly than was reckoned.
SPARE_MINUTES: Final = 3


class RollbackAlarms(Construct):
    """Alarms that ECS reads while a rollout runs, and nobody else.

    They are there with nobody to hear them. Those on requests are twice as quick as those that wake
    people: undoing costs nothing. They have no fixed names, for there is no circle: they read the
    load balancer and the service's own metrics, which know nothing of the ECS service, whose name
    is in neither.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        metrics: StageMetrics,
    ) -> None:
        super().__init__(scope, construct_id)
        self.alarms: list[cloudwatch.Alarm] = [
            alarm_of(self, symptom, settings=settings) for symptom in _symptoms(settings, metrics)
        ]


def _symptoms(settings: StageSettings, metrics: StageMetrics) -> Iterator[Symptom]:
    yield _error_rate(settings, metrics)
    yield _first_token(settings, metrics)
    yield _unready_tasks(settings, metrics)


def _error_rate(settings: StageSettings, metrics: StageMetrics) -> Symptom:
    percent = settings.alarms.error_percent
    return Symptom(
        name="ErrorRate",
        section=SECTION,
        wrong=f"more than {percent:g} % of the requests fail; a rollout in progress is undone.",
        look="the codes of the failed requests in the newest tasks' log",
        metric=metrics.error_percent(fewest=FEWEST_ERRORS),
        comparison=ABOVE,
        threshold=percent,
        periods=1,
        datapoints=1,
        missing=NOT_BREACHING,
    )


def _first_token(settings: StageSettings, metrics: StageMetrics) -> Symptom:
    seconds = settings.alarms.first_token_seconds
    return Symptom(
        name="FirstToken",
        section=SECTION,
        wrong=f"one request in twenty waits longer than {seconds:g} s for its first token; a "
        "rollout in progress is undone.",
        look="what the release changed of the model, its slots or its threads",
        # Below twenty requests there is no one in twenty: a single long prompt is no regression.
        metric=metrics.first_token_of_many(95, fewest=FEWEST_FIRST_TOKENS),
        comparison=ABOVE,
        threshold=seconds,
        periods=1,
        datapoints=1,
        missing=NOT_BREACHING,
    )


def _unready_tasks(settings: StageSettings, metrics: StageMetrics) -> Symptom:
    minutes = _unready_minutes(settings.pace)
    return Symptom(
        name="UnreadyTasks",
        section=SECTION,
        wrong="for longer than a task takes to start, more of those that get requests fail the "
        "load balancer's check than pass it; "
        "a rollout in progress is undone.",
        look="why the newest tasks are not ready, in their log",
        metric=metrics.targets.failing_groups(),
        comparison=AT_LEAST,
        threshold=1,
        periods=minutes,
        # Between two waves of tasks that start, as scaling out sends them, one minute is good.
        datapoints=minutes,
        missing=NOT_BREACHING,
    )


def _unready_minutes(pace: ScalingPace) -> int:
    """Longer than a task takes to start, however many start at once: that is no trouble."""
    return -(-pace.start_seconds // 60) + SPARE_MINUTES
