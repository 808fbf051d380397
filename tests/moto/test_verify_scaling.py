"""The checks of claims about scaling, against stage local deployed into moto."""

from datetime import UTC, datetime, timedelta

import boto3
import pytest

from infra.timeouts import PLACEMENT_SECONDS
from operations.verify.claim import Verdict
from operations.verify.deployment import Deployment
from operations.verify.scaling import an_idle_fleet_counts_for_nothing, tasks_are_placed_in_time

from .answers import answer

pytestmark = pytest.mark.usefixtures("deployed")
NOW = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("real", "larger", "filled", "verdict"),
    [
        ([2.0, 2.0], [2.0, 2.0], [2.0, 2.0], Verdict.VERIFIED),
        ([2.0, 2.0], [], [2.0, 2.0], Verdict.REFUTED),
        ([2.0, 2.0], [2.0, 2.0], [], Verdict.REFUTED),
        ([], [], [], Verdict.NOT_SHOWN),
    ],
)
def test_idle_fleet_must_leave_the_other_as_it_is(
    session: boto3.Session,
    deployment: Deployment,
    real: list[float],
    larger: list[float],
    filled: list[float],
    verdict: Verdict,
) -> None:
    results = {"real": real, "none": [], "larger": larger, "sum": filled}
    listed = [{"Id": key, "Values": values} for key, values in results.items()]
    answer(session, "cloudwatch.GetMetricData", {"MetricDataResults": listed})
    assert an_idle_fleet_counts_for_nothing(deployment).verdict is verdict


@pytest.mark.parametrize(
    ("seconds", "verdict"),
    [
        (None, Verdict.NOT_SHOWN),
        (PLACEMENT_SECONDS, Verdict.VERIFIED),
        (PLACEMENT_SECONDS + 1, Verdict.REFUTED),
    ],
)
def test_task_that_is_placed_late_refutes_the_claim(
    session: boto3.Session, deployment: Deployment, seconds: int | None, verdict: Verdict
) -> None:
    task = {"createdAt": NOW}
    if seconds is not None:
        task["startedAt"] = NOW + timedelta(seconds=seconds)
    answer(session, "ecs.ListTasks", {"taskArns": ["one"]})
    answer(session, "ecs.DescribeTasks", {"tasks": [task]})
    assert tasks_are_placed_in_time(deployment).verdict is verdict


def test_without_tasks_nothing_is_shown(session: boto3.Session, deployment: Deployment) -> None:
    answer(session, "ecs.ListTasks", {"taskArns": []})
    assert tasks_are_placed_in_time(deployment).verdict is Verdict.NOT_SHOWN
