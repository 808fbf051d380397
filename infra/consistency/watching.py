"""The rules between those who watch a stage and what they are told."""

from collections.abc import Iterator

from infra.sections.alarms import AlarmSettings
from infra.sections.monitoring import MonitoringSettings
from infra.sections.section import Problem


def budget(monitoring: MonitoringSettings, alarms: AlarmSettings) -> Iterator[Problem]:
    """A budget has somebody who hears that it is spent."""
    if monitoring.monthly_budget_usd is not None and not alarms.heard:
        yield Problem(
            "monitoring.monthly_budget_usd",
            f"got {monitoring.monthly_budget_usd}, but nobody would hear that it is spent; "
            "name somebody in alarms.emails or alarms.webhooks",
        )
