"""Whoever watches a stage: alarms, dashboard, budget, each where a setting asks for it."""

from constructs import Construct

from infra.components.alarms import Alarms
from infra.components.budget import MonthlyBudget
from infra.components.dashboard import StageDashboard
from infra.components.notifications import Notifications
from infra.components.stage_metrics import StageMetrics
from infra.settings import StageSettings


class Watching(Construct):
    """Reads the load balancer and the service, and changes neither.

    Part of the inference stack, for there is no reason of order or lifetime to have another: it
    goes with the load balancer whose name is in every metric. From a stack of its own it would hold
    that name as an export, and CloudFormation would refuse each change that replaces the load
    balancer, as from an internal endpoint to a public one.
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
        alarms = []
        if settings.alarms.heard:
            notifications = Notifications(self, "Notifications", settings=settings)
            alarms = Alarms(
                self, "Alarms", settings=settings, metrics=metrics, notifications=notifications
            ).alarms
            if settings.monitoring.monthly_budget_usd is not None:
                MonthlyBudget(
                    self,
                    "Budget",
                    stage=settings.name,
                    usd=settings.monitoring.monthly_budget_usd,
                    notifications=notifications,
                )
        if settings.monitoring.dashboard:
            StageDashboard(self, "Dashboard", settings=settings, metrics=metrics, alarms=alarms)
