"""Whether a stack was changed, and by whom, as far as the account itself shows it."""

import json

import boto3
import pytest

from delivery.deploying.stack_events import StackEvents
from delivery.deploying.stack_looks import StackLooks
from operations.account import Account
from sandbox.state import REGION
from tests.moto.templates import resource

pytestmark = pytest.mark.usefixtures("aws")

NAME = "example"


def bring(change_set: str, *logs: str) -> None:
    """Bring the stack to a template with these log groups, as the CDK's command line does it."""
    client = boto3.client("cloudformation", region_name=REGION)
    there = any(stack["StackName"] == NAME for stack in client.describe_stacks()["Stacks"])
    client.create_change_set(
        StackName=NAME,
        ChangeSetName=change_set,
        ChangeSetType="UPDATE" if there else "CREATE",
        TemplateBody=json.dumps(
            {"Resources": {name: resource("AWS::Logs::LogGroup") for name in logs}}
        ),
    )
    client.execute_change_set(StackName=NAME, ChangeSetName=change_set)


@pytest.fixture
def account(session: boto3.Session) -> Account:
    return Account(session)


@pytest.fixture
def looks(account: Account) -> StackLooks:
    """At a stack, from before it is there."""
    looks = StackLooks(account, [NAME], "ours")
    looks.mark()
    return looks


def test_stack_that_nobody_touches_is_as_before(looks: StackLooks) -> None:
    (look,) = looks.look()
    assert (look.stack, look.touched, look.is_ours) == (None, False, False)
    bring("ours", "One")
    looks.mark()
    (look,) = looks.look()
    assert (look.touched, look.goes_on) == (False, False)


@pytest.mark.parametrize(("change_set", "of_another"), [("ours", False), ("theirs", True)])
def test_change_set_says_whose_the_stack_is_from_its_beginning(
    looks: StackLooks, change_set: str, of_another: bool
) -> None:
    bring(change_set, "One")
    (look,) = looks.look()
    assert (look.touched, look.of_another) == (True, of_another)
    assert look.is_ours is not of_another


def test_update_to_the_same_state_is_seen_as_one(looks: StackLooks) -> None:
    bring("before", "One")
    looks.mark()
    bring("theirs", "One", "Two")
    (look,) = looks.look()
    assert look.stack is not None
    assert (look.stack["StackStatus"], look.touched) == ("UPDATE_COMPLETE", True)
    assert look.of_another is True


def test_events_of_anothers_update_are_told_as_that(account: Account) -> None:
    bring("before", "One")
    events = StackEvents(account, [NAME], change_set="ours")
    events.looks.mark()
    events.mark()
    bring("theirs", "One", "Two")
    told = [news for news in events.poll() if news.kind == "stack"]
    assert told[0].text == f"{NAME}: UPDATE_IN_PROGRESS, by another deploy"
    assert all(news.facts["of_another"] for news in told)
