"""CloudFormation with the three stacks of stage dev, whose states are what a test says."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from delivery.deploying.command_line import Finished
from delivery.deploying.stack_events import STACK

STACKS = ("Registry", "Network", "Inference")
NAMES = {stack: f"llm-on-ecs-dev-{stack.lower()}" for stack in STACKS}
INFERENCE = NAMES["Inference"]
RUN = "deploy-dev-20260701-120000-abcd"
WHEN = datetime(2026, 7, 1, 12, tzinfo=UTC)


class Formation:
    """`silence`, where there is one, is what every question about stacks is answered with; of its
    `course` one step happens each time that somebody has looked at the service's stack.
    """

    def __init__(self, *stacks: str) -> None:
        self.silence: Exception | None = None
        self.course: list[Callable[[], None]] = []
        self._stacks: dict[str, dict[str, Any]] = {}
        self._events: list[dict[str, Any]] = []
        self._clock = itertools.count()
        for name in stacks or NAMES.values():
            self.becomes(name, "UPDATE_COMPLETE", by="long-ago")

    def becomes(self, name: str, status: str, *, by: str = "", **more: Any) -> None:
        """A stack has another state from now on; `by` a change set that is carried out now."""
        stack = self._stacks.setdefault(name, {"StackName": name, "StackId": f"stack/{name}"})
        stack |= {"StackStatus": status} | more
        if by:
            stack["ChangeSetId"] = f"arn:aws:cloudformation:eu:1:changeSet/{by}/uuid"
            stack["LastUpdatedTime"] = WHEN + timedelta(seconds=next(self._clock))
        self.happens(name, name, status, kind=STACK)

    def happens(self, name: str, resource: str, status: str, reason: str = "", **more: Any) -> None:
        """An event of a stack."""
        second = next(self._clock)
        event = {
            "StackName": name,
            "EventId": str(second),
            "Timestamp": WHEN + timedelta(seconds=second),
            "LogicalResourceId": resource,
            "ResourceType": more.get("kind", "AWS::ECS::Service"),
            "ResourceStatus": status,
            "ResourceStatusReason": reason,
        }
        self._events.insert(0, event)

    def goes(self, name: str) -> None:
        """It is not there any more."""
        del self._stacks[name]

    @property
    def answers(self) -> dict[str, Any]:
        """For a `FakeAccount`."""
        return {
            "GetCallerIdentity": {"Account": "123456789012", "Arn": "arn:role/ann"},
            "DescribeStacks": self._describe,
            "DescribeStackEvents": self._page,
            "ListStackResources": [],
        }

    def _describe(self, StackName: str = "") -> Any:
        if self.silence:
            raise self.silence
        if not StackName:
            return list(self._stacks.values())
        found = self._stacks.get(StackName)
        answer = {"Stacks": [dict(found)]} if found else None
        if StackName == INFERENCE and self.course:
            self.course.pop(0)()
        return answer

    def _page(self, StackName: str) -> Any:
        if self.silence:
            raise self.silence
        return {"StackEvents": [event for event in self._events if event["StackName"] == StackName]}


class Cdk:
    """In the place of the command line: what it does, or is ended by, and how it ends itself."""

    def __init__(self, status: int = 0, *does: Callable[[], None], watched: bool = True) -> None:
        self._status = status
        self._does = does
        self._watched = watched

    def __call__(self, *_: object, meanwhile: Callable[[], None], **__: object) -> Finished:
        for do in self._does:
            do()
            if self._watched:
                meanwhile()
        return Finished(self._status, ("Failed to build asset Inference/Image",))
