"""What an alarm is made of: a metric, a threshold, and sentences for whoever reads it."""

from dataclasses import dataclass
from typing import Final

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.components.target_metrics import AnyMetric
from infra.settings import StageSettings

AT_LEAST: Final = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
ABOVE: Final = cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD
BELOW: Final = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
BREACHING: Final = cloudwatch.TreatMissingData.BREACHING
NOT_BREACHING: Final = cloudwatch.TreatMissingData.NOT_BREACHING


@dataclass(frozen=True, kw_only=True)
class Symptom:
    """One thing that users notice; `datapoints` of the last `periods` have to show it."""

    name: str
    section: str
    """Its section of docs/runbook.md."""
    wrong: str
    look: str
    metric: AnyMetric
    comparison: cloudwatch.ComparisonOperator
    threshold: float
    periods: int
    datapoints: int
    missing: cloudwatch.TreatMissingData


def alarm_of(scope: Construct, symptom: Symptom, *, settings: StageSettings) -> cloudwatch.Alarm:
    """An alarm that tells nobody yet, described in sentences that end in the runbook."""
    link = f"{settings.alarms.runbook_url}#{symptom.section}"
    sentences = (
        f"Stage {settings.name}: {symptom.wrong}",
        f"Look first at {symptom.look}.",
        f"Runbook: {link}",
    )
    return cloudwatch.Alarm(
        scope,
        symptom.name,
        alarm_description=" ".join(sentences),
        metric=symptom.metric,
        comparison_operator=symptom.comparison,
        threshold=symptom.threshold,
        evaluation_periods=symptom.periods,
        datapoints_to_alarm=symptom.datapoints,
        treat_missing_data=symptom.missing,
    )
