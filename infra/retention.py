"""What outlives `cdk destroy`, and for how long logs are kept."""

from typing import Final

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.encryption import named_key
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


def make_log_group(
    scope: Construct, construct_id: str, *, settings: StageSettings, name: str | None = None
) -> logs.LogGroup:
    """Kept as long as the settings say, under their key; `name` only where AWS wants one."""
    return logs.LogGroup(
        scope,
        construct_id,
        log_group_name=name,
        retention=_DAYS[settings.logs.retention_days],
        encryption_key=named_key(scope, f"{construct_id}Key", settings.encryption.logs_key_arn),
        removal_policy=removal_policy(settings),
    )
