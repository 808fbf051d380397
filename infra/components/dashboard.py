"""Are users all right, why not, what does it cost: one screen, in this order."""

from collections.abc import Sequence
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.components.stage_metrics import StageMetrics
from infra.container_env import ServiceMetric
from infra.settings import StageSettings

# The console's grid has 24 columns: four widgets a row.
FULL: Final = 24
QUARTER: Final = 6
HEIGHT: Final = 6


class StageDashboard(Construct):
    """Three rows under three questions, with the lines at which alarms begin."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        metrics: StageMetrics,
        alarms: Sequence[cloudwatch.Alarm],
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self._metrics = metrics
        self.dashboard = cloudwatch.Dashboard(
            self,
            "Dashboard",
            default_interval=Duration.hours(3),
            # Or the console counts longer periods over longer times, and the titles lie.
            period_override=cloudwatch.PeriodOverride.INHERIT,
        )
        if alarms:
            self.dashboard.add_widgets(
                cloudwatch.AlarmStatusWidget(
                    title=f"Alarms of stage {settings.name}", alarms=alarms, width=FULL, height=3
                )
            )
        self._ask("Are users all right?", "Requests that failed by a fault of ours, and waiting.")
        self.dashboard.add_widgets(
            self._at_a_glance(), self._failures(), self._waiting(), self._traffic()
        )
        self._ask("If not, why?", "Too few tasks, too much work, or tasks that die.")
        self.dashboard.add_widgets(
            self._load(), self._tasks(), self._turned_away(), self._restarts()
        )
        self._ask(
            "What does it cost?", "What AWS bills by: tasks and bytes; and what came of it: tokens."
        )
        self.dashboard.add_widgets(
            self._billed_tasks(), self._tokens(), self._bytes(), self._charges()
        )

    def _ask(self, question: str, answer: str) -> None:
        text = f"## {question}\n{answer}"
        self.dashboard.add_widgets(cloudwatch.TextWidget(markdown=text, width=FULL, height=2))

    def _at_a_glance(self) -> cloudwatch.IWidget:
        return cloudwatch.SingleValueWidget(
            title="Over the time chosen above",
            metrics=[
                self._metrics.availability(),
                self._metrics.first_token(95),
                self._count(ServiceMetric.REQUESTS, "requests"),
            ],
            set_period_to_time_range=True,
            width=QUARTER,
            height=HEIGHT,
        )

    def _failures(self) -> cloudwatch.IWidget:
        percent = self._settings.alarms.error_percent
        return _graph(
            "Failed requests, %",
            [self._metrics.error_percent()],
            lines={f"alarm above {percent:g} %": percent},
        )

    def _waiting(self) -> cloudwatch.IWidget:
        seconds = self._settings.alarms.first_token_seconds
        return _graph(
            "Seconds to the first token",
            [self._metrics.first_token(50), self._metrics.first_token(95)],
            lines={f"alarm above {seconds:g} s": seconds},
        )

    def _traffic(self) -> cloudwatch.IWidget:
        requests = self._count(ServiceMetric.REQUESTS, "requests in 5 minutes")
        return _graph("Requests", [requests])

    def _load(self) -> cloudwatch.IWidget:
        scaling = self._settings.scaling
        target = scaling.slot_utilization_percent
        held = {f"scaling holds {target} %": target} if scaling.by_slots else {}
        return _graph(
            "Slots taken, % (above 100: waiting)",
            [self._metrics.slots()],
            lines={**held, "every slot taken": 100},
        )

    def _tasks(self) -> cloudwatch.IWidget:
        fewest, most = self._settings.task_bounds
        return _graph(
            "Tasks",
            [
                self._metrics.targets.ready(cloudwatch.Stats.MINIMUM),
                self._metrics.targets.unready(),
            ],
            lines={
                f"at least {fewest}": fewest,
                f"at most {most}": most,
            },
        )

    def _turned_away(self) -> cloudwatch.IWidget:
        refused = self._count(ServiceMetric.REFUSALS, "told to come back")
        return _graph("Turned away in 5 minutes", [refused, self._metrics.lost_requests()])

    def _restarts(self) -> cloudwatch.IWidget:
        restarts = self._count(ServiceMetric.ENGINE_RESTARTS, "engine restarts")
        return _graph("Engines restarted in 5 minutes", [restarts])

    def _billed_tasks(self) -> cloudwatch.IWidget:
        return _graph("Tasks that are billed", [self._metrics.running_tasks()])

    def _tokens(self) -> cloudwatch.IWidget:
        return _graph(
            "Tokens in 5 minutes",
            [
                self._count(ServiceMetric.PROMPT_TOKENS, "read"),
                self._count(ServiceMetric.GENERATED_TOKENS, "generated"),
            ],
        )

    def _bytes(self) -> cloudwatch.IWidget:
        return _graph(
            "Bytes in 5 minutes", [self._metrics.processed_bytes(), self._metrics.nat_bytes()]
        )

    def _charges(self) -> cloudwatch.IWidget:
        # Empty where nobody has switched billing alerts on; Cost Explorer has it by tag.
        return _graph("The whole account, USD", [self._metrics.account_charges()])

    def _count(self, metric: ServiceMetric, label: str) -> cloudwatch.Metric:
        return self._metrics.of_service(metric, cloudwatch.Stats.SUM, label=label)


def _graph(
    title: str,
    metrics: Sequence[cloudwatch.IMetric],
    *,
    lines: dict[str, float] | None = None,
) -> cloudwatch.IWidget:
    return cloudwatch.GraphWidget(
        title=title,
        left=metrics,
        left_annotations=[
            cloudwatch.HorizontalAnnotation(label=label, value=value)
            for label, value in (lines or {}).items()
        ],
        # From zero, or a calm hour looks like a storm.
        left_y_axis=cloudwatch.YAxisProps(min=0, show_units=False),
        width=QUARTER,
        height=HEIGHT,
    )
