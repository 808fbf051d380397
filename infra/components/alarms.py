"""What is worth waking somebody for, each as a sentence that leads into docs/runbook.md."""

from collections.abc import Iterator

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from constructs import Construct

from infra.components.notifications import Notifications
from infra.components.stage_metrics import FEWEST_ERRORS, FIVE_MINUTES, StageMetrics
from infra.components.symptoms import (
    ABOVE,
    AT_LEAST,
    BELOW,
    BREACHING,
    NOT_BREACHING,
    Symptom,
    alarm_of,
)
from infra.components.target_metrics import MINUTE
from infra.container_env import ServiceMetric
from infra.settings import StageSettings


class Alarms(Construct):
    """Alarms that tell the subscribers when they begin and when they are over."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        metrics: StageMetrics,
        notifications: Notifications,
    ) -> None:
        super().__init__(scope, construct_id)
        action = actions.SnsAction(notifications.topic)
        self.alarms = [
            alarm_of(self, symptom, settings=settings) for symptom in _symptoms(settings, metrics)
        ]
        for alarm in self.alarms:
            alarm.add_alarm_action(action)
            alarm.add_ok_action(action)


def _symptoms(settings: StageSettings, metrics: StageMetrics) -> Iterator[Symptom]:
    yield _no_ready_task(metrics)
    yield _error_rate(metrics, settings)
    yield _first_token(metrics, settings)
    yield _saturation(metrics, settings)
    yield _engine_restarts(metrics)
    yield _missing_tasks(metrics, settings)


def _no_ready_task(metrics: StageMetrics) -> Symptom:
    return Symptom(
        name="NoReadyTask",
        section="no-ready-task",
        wrong="no task is ready, so every request fails.",
        look="why the service's last tasks stopped, and then at the newest log lines",
        # The most of the minute: no load balancer node saw a healthy task in all of it.
        metric=metrics.targets.ready(cloudwatch.Stats.MAXIMUM),
        comparison=BELOW,
        threshold=1,
        # Two minutes: one datapoint can be late, and nothing is worse than this.
        periods=2,
        datapoints=2,
        # Without a registered target there is no metric, which is this very trouble.
        missing=BREACHING,
    )


def _error_rate(metrics: StageMetrics, settings: StageSettings) -> Symptom:
    percent = settings.alarms.error_percent
    return Symptom(
        name="ErrorRate",
        section="error-rate",
        wrong=f"more than {percent:g} % of the requests fail, and not by their callers' fault.",
        look="the codes of the failed requests in the log",
        metric=metrics.error_percent(fewest=FEWEST_ERRORS),
        comparison=ABOVE,
        threshold=percent,
        # Ten minutes: a task that dies takes its requests along, once, and is replaced.
        periods=2,
        datapoints=2,
        # No task counts requests: NoReadyTask says so.
        missing=NOT_BREACHING,
    )


def _first_token(metrics: StageMetrics, settings: StageSettings) -> Symptom:
    seconds = settings.alarms.first_token_seconds
    return Symptom(
        name="FirstToken",
        section="first-token",
        wrong=f"one request in twenty waits longer than {seconds:g} s for its first token.",
        look="the slots on the dashboard: full ones mean waiting, free ones long prompts",
        metric=metrics.first_token(95),
        comparison=ABOVE,
        threshold=seconds,
        # Ten minutes: about what scaling takes to add a task.
        periods=2,
        datapoints=2,
        # Nobody asked, so nobody waits.
        missing=NOT_BREACHING,
    )


def _saturation(metrics: StageMetrics, settings: StageSettings) -> Symptom:
    most = settings.task_bounds.most
    return Symptom(
        name="Saturation",
        section="saturation",
        wrong=f"all {most} tasks that scaling may start are full, so requests wait and are then "
        "refused.",
        look="scaling.max_tasks, and at who sends so much",
        metric=cloudwatch.MathExpression(
            expression=f"IF(tasks >= {most}, slots, 0)",
            using_metrics={
                "tasks": metrics.targets.ready(cloudwatch.Stats.MAXIMUM),
                "slots": metrics.slots(period=MINUTE),
            },
            period=MINUTE,
            label="slots taken at the most tasks, %",
        ),
        comparison=AT_LEAST,
        # Every slot taken: whoever comes now waits.
        threshold=100,
        # Ten of fifteen minutes: load comes in waves.
        periods=15,
        datapoints=10,
        # No task writes its load: NoReadyTask says so.
        missing=NOT_BREACHING,
    )


def _engine_restarts(metrics: StageMetrics) -> Symptom:
    return Symptom(
        name="EngineRestarts",
        section="restarts",
        wrong="an engine died and was started anew; the requests that it worked on failed.",
        look="the log lines before the restart, and at the tasks' memory",
        metric=metrics.of_service(
            ServiceMetric.ENGINE_RESTARTS,
            cloudwatch.Stats.SUM,
            period=FIVE_MINUTES,
            label="engine restarts",
        ),
        comparison=AT_LEAST,
        threshold=1,
        # One is enough, and the alarm stays for fifteen minutes: a crash loop is one alarm.
        periods=3,
        datapoints=1,
        # No task writes: NoReadyTask says so.
        missing=NOT_BREACHING,
    )


def _missing_tasks(metrics: StageMetrics, settings: StageSettings) -> Symptom:
    fewest = settings.task_bounds.fewest
    return Symptom(
        name="MissingTasks",
        section="restarts",
        wrong=f"fewer than {fewest} tasks are ready; tasks keep dying, or do not become ready.",
        look="why the service's last tasks stopped",
        metric=metrics.targets.ready(cloudwatch.Stats.MINIMUM),
        comparison=BELOW,
        threshold=fewest,
        # Ten of fifteen minutes: longer than one lost task takes to be replaced.
        periods=15,
        datapoints=10,
        # No target at all: NoReadyTask says so.
        missing=NOT_BREACHING,
    )
