"""CloudFormation's events: each told once, by the construct's name, failures with their reason."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from delivery.deploying.news import Level
from delivery.deploying.stack_events import STACK, StackEvents
from operations.account import CouldNotAsk
from tests.delivery.deploying.account import FakeAccount

NAME = "llm-on-ecs-dev-inference"


LONG_AGO = datetime(2020, 7, 1, tzinfo=UTC)


class Stack:
    """Gives its events as CloudFormation does: the newest first, two a page."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.at = LONG_AGO

    def happens(self, logical_id: str, status: str, reason: str = "", kind: str = "") -> None:
        event = {
            "EventId": str(len(self.events)),
            "Timestamp": self.at,
            "LogicalResourceId": logical_id,
            "ResourceType": kind or "AWS::ECS::Service",
            "ResourceStatus": status,
            "ResourceStatusReason": reason,
        }
        self.events.insert(0, event)

    def stack(self, status: str, reason: str = "") -> None:
        self.happens(NAME, status, reason, kind=STACK)

    def page(self, StackName: str, NextToken: str = "0") -> dict[str, Any]:
        start = int(NextToken)
        page: dict[str, Any] = {"StackEvents": self.events[start : start + 2]}
        if start + 2 < len(self.events):
            page["NextToken"] = str(start + 2)
        return page


def follower(stack: Stack, **names: str) -> StackEvents:
    return StackEvents(FakeAccount(DescribeStackEvents=stack.page), [NAME], names)


def texts(events: StackEvents) -> list[str]:
    return [news.text for news in events.poll()]


def test_events_over_several_pages_are_told_in_their_order_and_once() -> None:
    stack = Stack()
    for number in range(5):
        stack.happens(f"R{number}", "CREATE_COMPLETE")
    events = follower(stack)
    told = [f"R{number} (AWS::ECS::Service): CREATE_COMPLETE" for number in range(5)]
    assert texts(events) == told
    assert texts(events) == []


def test_what_was_before_is_no_news() -> None:
    stack = Stack()
    stack.happens("Old", "CREATE_FAILED", "long ago")
    events = follower(stack)
    events.mark()
    stack.happens("New", "CREATE_COMPLETE")
    assert texts(events) == ["New (AWS::ECS::Service): CREATE_COMPLETE"]
    assert events.failures == []


def test_what_was_before_is_no_news_where_cloudformation_did_not_say_it() -> None:
    """The first question is throttled: what is older than the watch stays untold all the same."""
    stack = Stack()
    for number in range(5):
        stack.happens(f"Old{number}", "CREATE_FAILED", "long ago")
    asked = FakeAccount(DescribeStackEvents=CouldNotAsk("slow down"))
    events = StackEvents(asked, [NAME])
    with pytest.raises(CouldNotAsk):
        events.mark()
    stack.at = datetime.now(UTC) + timedelta(seconds=1)
    stack.happens("New", "CREATE_COMPLETE")
    asked.answers["DescribeStackEvents"] = stack.page
    assert texts(events) == ["New (AWS::ECS::Service): CREATE_COMPLETE"]
    assert events.failures == []
    assert asked.asked.count("DescribeStackEvents") == 2, "no page of what is older is turned"


def test_stacks_that_end_between_two_looks_are_told_in_the_order_of_their_ends() -> None:
    stacks = {"inference": Stack(), "network": Stack()}
    for minute, name in enumerate(("network", "inference", "network")):
        stacks[name].at = LONG_AGO + timedelta(minutes=minute)
        stacks[name].happens(f"{name}{minute}", "CREATE_COMPLETE")

    def page(StackName: str, NextToken: str = "0") -> dict[str, Any]:
        return stacks[StackName].page(StackName, NextToken)

    events = StackEvents(FakeAccount(DescribeStackEvents=page), list(stacks))
    assert [text.split()[0] for text in texts(events)] == ["network0", "inference1", "network2"]
    assert texts(events) == []


def test_stack_that_is_not_there_yet_has_no_events() -> None:
    events = StackEvents(FakeAccount(DescribeStackEvents=None), [NAME])
    events.mark()
    assert texts(events) == []


def test_resource_is_called_by_its_constructs_name() -> None:
    stack = Stack()
    stack.happens("ServiceService9A8B7C", "UPDATE_COMPLETE")
    events = follower(stack, ServiceService9A8B7C="Service/Service")
    assert texts(events) == ["Service/Service (AWS::ECS::Service): UPDATE_COMPLETE"]


def test_failure_is_told_with_its_reason_and_kept() -> None:
    stack = Stack()
    stack.happens("Service", "UPDATE_FAILED", "circuit breaker")
    stack.happens("Dashboard", "CREATE_FAILED", "Resource creation cancelled")
    events = follower(stack)
    (bad, cancelled) = list(events.poll())
    assert (bad.level, bad.text.endswith(": circuit breaker")) == (Level.BAD, True)
    assert cancelled.level is Level.DETAIL
    assert [failure.resource for failure in events.failures] == ["Service"]


def test_replacement_is_told_when_it_begins() -> None:
    stack = Stack()
    reason = "Requested update requires the creation of a new physical resource; hence creating one"
    stack.happens("Targets", "UPDATE_IN_PROGRESS", reason)
    stack.happens("Other", "UPDATE_IN_PROGRESS")
    assert texts(follower(stack)) == ["Targets (AWS::ECS::Service) is replaced"]


def test_what_is_being_worked_on_ends_with_the_resource_and_with_the_stack() -> None:
    stack = Stack()
    events = follower(stack)
    stack.stack("UPDATE_IN_PROGRESS")
    stack.happens("One", "UPDATE_IN_PROGRESS")
    stack.happens("Two", "UPDATE_IN_PROGRESS")
    stack.happens("One", "UPDATE_COMPLETE")
    texts(events)
    assert list(events.working_on) == ["Two"]
    stack.stack("UPDATE_ROLLBACK_COMPLETE")
    texts(events)
    assert list(events.working_on) == []


def test_rollback_is_bad_news_and_says_why() -> None:
    stack = Stack()
    stack.stack("UPDATE_ROLLBACK_IN_PROGRESS", "The following resource(s) failed: [Service]")
    (news,) = follower(stack).poll()
    assert news.level is Level.BAD
    assert news.text.endswith(
        "UPDATE_ROLLBACK_IN_PROGRESS: The following resource(s) failed: [Service]"
    )
