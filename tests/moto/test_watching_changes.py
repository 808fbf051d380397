"""A watched stage that changes: in place where that can be, and without a trace at its end."""

from pathlib import Path

import boto3
import pytest

from sandbox.state import ACCOUNT
from tests.infra.assemblies import VARIANTS, Variant
from tests.moto.test_watching import WATCHED, alarms, deploy

pytestmark = pytest.mark.usefixtures("aws")


def test_changed_threshold_changes_alarm_and_dashboard_in_place(tmp_path: Path) -> None:
    client = boto3.client("cloudwatch")
    deploy(WATCHED, tmp_path / "first")
    (before,) = client.list_dashboards()["DashboardEntries"]
    changed = {"alarms": WATCHED.changes["alarms"] | {"first_token_seconds": 4.0}}
    deploy(Variant("local", WATCHED.overrides, WATCHED.changes | changed), tmp_path / "second")
    (after,) = client.list_dashboards()["DashboardEntries"]
    body = client.get_dashboard(DashboardName=before["DashboardName"])["DashboardBody"]
    assert after["DashboardName"] == before["DashboardName"]
    assert "alarm above 4 s" in body
    assert alarms()["first-token/GreaterThanThreshold"]["Threshold"] == 4


def test_nothing_watches_once_nobody_is_named(tmp_path: Path) -> None:
    deploy(WATCHED, tmp_path / "first")
    deploy(VARIANTS["local-https"], tmp_path / "second")
    assert boto3.client("sns").list_topics()["Topics"] == []
    assert alarms() == {}
    assert boto3.client("cloudwatch").list_dashboards()["DashboardEntries"] == []
    assert boto3.client("budgets").describe_budgets(AccountId=ACCOUNT)["Budgets"] == []
