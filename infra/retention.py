"""What outlives `cdk destroy`, and for how long logs are kept."""

from typing import Final

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs

from infra.settings import StageSettings

_DAYS: Final = {
    1: logs.RetentionDays.ONE_DAY,
    7: logs.RetentionDays.ONE_WEEK,
    30: logs.RetentionDays.ONE_MONTH,
    90: logs.RetentionDays.THREE_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
}


def removal_policy(settings: StageSettings) -> RemovalPolicy:
    """For images, keys and logs. A failed first deploy leaves nothing behind in either case."""
    if settings.retain_data:
        return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
    return RemovalPolicy.DESTROY


def log_retention(settings: StageSettings) -> logs.RetentionDays:
    """Of every log group."""
    return _DAYS[settings.logs.retention_days]
