"""How the sandbox's CloudFormation goes back, and what it says meanwhile."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.assembly import DeployFailed
from sandbox.cloudformation.engine import StackResources
from tests.moto.templates import deploy, resource

pytestmark = pytest.mark.usefixtures("aws")

BAD = resource("AWS::Chatbot::SlackChannelConfiguration")
LOG = resource("AWS::Logs::LogGroup", RetentionInDays=7)


def statuses() -> list[tuple[str, str]]:
    """Of the stack itself, the oldest first, each with its reason."""
    events = boto3.client("cloudformation").describe_stack_events(StackName="example")
    return [
        (item["ResourceStatus"], item.get("ResourceStatusReason", ""))
        for item in reversed(events["StackEvents"])
        if item["LogicalResourceId"] == "example"
    ]


def test_failed_creation_says_why_before_it_is_undone() -> None:
    with pytest.raises(DeployFailed):
        deploy({"Bad": BAD})
    *_, (begun, why), (ended, _) = statuses()
    assert (begun, ended) == ("ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE")
    assert "SlackChannelConfiguration" in why


def test_failed_update_says_why_before_it_is_undone() -> None:
    deploy({"Log": LOG})
    with pytest.raises(DeployFailed):
        deploy({"Log": LOG, "Bad": BAD})
    *_, (begun, why), (ended, _) = statuses()
    assert (begun, ended) == ("UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE")
    assert "SlackChannelConfiguration" in why


def test_rollback_that_fails_is_not_called_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    deploy({"Log": LOG})

    def broken(*_: Any) -> None:
        raise ValueError("the old ones do not come back")

    monkeypatch.setattr(StackResources, "_roll_back", broken)
    with pytest.raises(DeployFailed):
        deploy({"Log": LOG, "Bad": BAD})
    assert statuses()[-1] == ("UPDATE_ROLLBACK_FAILED", "the old ones do not come back")


def test_update_that_is_not_in_progress_cannot_be_cancelled() -> None:
    deploy({"Log": LOG})
    client = boto3.client("cloudformation")
    with pytest.raises(ClientError, match="cannot be called from current stack status"):
        client.cancel_update_stack(StackName="example")


def test_stack_says_when_it_was_last_updated() -> None:
    client = boto3.client("cloudformation")
    deploy({"Log": LOG})
    (made,) = client.describe_stacks(StackName="example")["Stacks"]
    assert "LastUpdatedTime" not in made
    deploy({"Log": LOG, "Other": LOG})
    (updated,) = client.describe_stacks(StackName="example")["Stacks"]
    assert updated["LastUpdatedTime"] > made["CreationTime"]
