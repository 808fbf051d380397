"""Alarms, dashboard, budget and those who hear of them, as a deployed stage has them.

And the checks of claims about them, as far as moto can answer.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from operations.verify.claim import Verdict
from operations.verify.deployment import Deployment
from operations.verify.watching import counts_without_errors, sees_ready_tasks
from sandbox import assembly
from sandbox.state import ACCOUNT, REGION
from tests.infra.assemblies import VARIANTS, Variant
from tests.moto.synthesis import synthesised, with_certificate

from .answers import answer

WATCHED = VARIANTS["watched"]


def write(variant: Variant, folder: Path) -> None:
    """Its assembly, with a certificate that this account has."""
    with_certificate(synthesised(variant), folder)


def deploy(variant: Variant, folder: Path) -> None:
    """The same, and deploy it."""
    write(variant, folder)
    assembly.deploy_assembly(folder, region=REGION)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An account with the watched stage; its assembly."""
    folder = tmp_path_factory.mktemp("watched") / "first"
    with mock_aws():
        deploy(WATCHED, folder)
        yield folder


pytestmark = pytest.mark.usefixtures("folder")


def topic() -> str:
    (only,) = boto3.client("sns").list_topics()["Topics"]
    return str(only["TopicArn"])


def alarms() -> dict[str, Any]:
    """By the section of the runbook that they link; those of scaling have none, and those of
    rollouts tell nobody."""
    listed = boto3.client("cloudwatch").describe_alarms()["MetricAlarms"]
    return {
        alarm["AlarmDescription"].rpartition("#")[2] + "/" + alarm["ComparisonOperator"]: alarm
        for alarm in listed
        if "#" in alarm.get("AlarmDescription", "") and "RollbackAlarms" not in alarm["AlarmName"]
    }


def test_those_who_are_named_hear_of_it() -> None:
    listed = boto3.client("sns").list_subscriptions_by_topic(TopicArn=topic())["Subscriptions"]
    assert {(item["Protocol"], item["Endpoint"]) for item in listed} == {
        ("email", "ann@example.org"),
        ("https", "https://example.org/alarms"),
    }


def test_every_alarm_tells_its_beginning_and_its_end() -> None:
    assert len(alarms()) == 6
    for alarm in alarms().values():
        assert alarm["AlarmActions"] == alarm["OKActions"] == [topic()]


def test_alarm_watches_the_load_balancer_that_is_there() -> None:
    client = boto3.client("elbv2")
    (balancer,) = client.describe_load_balancers()["LoadBalancers"]
    groups = client.describe_target_groups()["TargetGroups"]
    (rest,) = (group for group in groups if group["ProtocolVersion"] == "HTTP1")
    (query,) = alarms()["no-ready-task/LessThanThreshold"]["Metrics"]
    found = {item["Name"]: item["Value"] for item in query["MetricStat"]["Metric"]["Dimensions"]}
    assert found == {
        "LoadBalancer": balancer["LoadBalancerArn"].partition("loadbalancer/")[2],
        "TargetGroup": rest["TargetGroupArn"].rpartition(":")[2],
    }


def test_dashboard_shows_the_alarms_that_are_there() -> None:
    client = boto3.client("cloudwatch")
    (entry,) = client.list_dashboards()["DashboardEntries"]
    name = entry["DashboardName"]
    body = json.loads(client.get_dashboard(DashboardName=name)["DashboardBody"])
    (widget,) = (item for item in body["widgets"] if item["type"] == "alarm")
    assert set(widget["properties"]["alarms"]) == {item["AlarmArn"] for item in alarms().values()}


def test_topic_takes_messages_of_alarms_and_budgets_of_this_account_over_tls() -> None:
    attributes = boto3.client("sns").get_topic_attributes(TopicArn=topic())["Attributes"]
    denied, allowed = json.loads(attributes["Policy"])["Statement"]
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert allowed["Principal"]["Service"] == ["budgets.amazonaws.com", "cloudwatch.amazonaws.com"]
    assert allowed["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}


def test_budget_tells_the_same_people() -> None:
    client = boto3.client("budgets")
    (budget,) = client.describe_budgets(AccountId=ACCOUNT)["Budgets"]
    told = client.describe_notifications_for_budget(
        AccountId=ACCOUNT, BudgetName=budget["BudgetName"]
    )["Notifications"]
    assert budget["BudgetLimit"] == {"Amount": "200", "Unit": "USD"}
    assert {(item["NotificationType"], item["Threshold"]) for item in told} == {
        ("ACTUAL", 80),
        ("FORECASTED", 100),
    }


@pytest.mark.parametrize(
    ("state", "running", "verdict"),
    [
        ("OK", 2, Verdict.VERIFIED),
        ("ALARM", 0, Verdict.NOT_SHOWN),
        ("ALARM", 2, Verdict.REFUTED),
    ],
)
def test_alarm_that_is_ok_has_seen_a_ready_task(
    session: boto3.Session, deployment: Deployment, state: Any, running: int, verdict: Verdict
) -> None:
    name = alarms()["no-ready-task/LessThanThreshold"]["AlarmName"]
    boto3.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue=state, StateReason="x")
    answer(session, "ecs.DescribeServices", {"services": [{"runningCount": running}]})
    assert sees_ready_tasks(deployment).verdict is verdict


@pytest.mark.parametrize(
    ("rates", "lost", "verdict"),
    [
        ([0.0, 1.5], [], Verdict.VERIFIED),
        ([], [], Verdict.REFUTED),
        ([50.0], [3.0], Verdict.NOT_SHOWN),
    ],
)
def test_error_rate_is_a_number_without_errors(
    session: boto3.Session,
    deployment: Deployment,
    rates: list[float],
    lost: list[float],
    verdict: Verdict,
) -> None:
    results = [{"Id": "expr_1", "Values": rates}, {"Id": "shown", "Values": lost}]
    answer(session, "cloudwatch.GetMetricData", {"MetricDataResults": results})
    assert counts_without_errors(deployment).verdict is verdict
