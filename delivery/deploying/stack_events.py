"""What CloudFormation does, from its events: each told once, the failed ones kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from delivery.deploying.news import Level, News
from operations.account import Account
from operations.stack_states import is_busy

STACK: Final = "AWS::CloudFormation::Stack"
# CloudFormation stops what it was doing besides when something else has failed.
CANCELLED: Final = ("Resource creation cancelled", "Resource update cancelled")
REPLACES: Final = "creation of a new physical resource"


@dataclass(frozen=True, slots=True)
class Failure:
    """A resource that could not be made or changed, and CloudFormation's reason."""

    stack: str
    resource: str
    status: str
    reason: str


class StackEvents:
    """Follows some stacks, which need not exist yet."""

    def __init__(
        self, account: Account, stacks: Sequence[str], names: Mapping[str, str] | None = None
    ) -> None:
        """`names` has readable names of logical ids."""
        self._account = account
        self._names = names or {}
        self._newest: dict[str, str | None] = dict.fromkeys(stacks)
        self._working: dict[tuple[str, str], str] = {}
        self.states: dict[str, str] = {}
        self.failures: list[Failure] = []

    @property
    def working_on(self) -> tuple[str, ...]:
        """Resources that CloudFormation has begun and not finished."""
        return tuple(self._working.values())

    @property
    def busy(self) -> bool:
        """Whether a followed stack is being changed."""
        return any(is_busy(state) for state in self.states.values())

    def mark(self) -> None:
        """Leave out all that has happened until now."""
        for stack in self._newest:
            page = self._page(stack, None)
            if page and page["StackEvents"]:
                self._newest[stack] = page["StackEvents"][0]["EventId"]

    def poll(self) -> Iterator[News]:
        """What has happened since the last time."""
        for stack in self._newest:
            for event in self._fresh(stack):
                self._newest[stack] = event["EventId"]
                yield from self._news(stack, event)

    def _fresh(self, stack: str) -> list[dict[str, Any]]:
        """The events that are not known yet, the oldest first."""
        fresh: list[dict[str, Any]] = []
        token: str | None = None
        while page := self._page(stack, token):
            for event in page["StackEvents"]:
                if event["EventId"] == self._newest[stack]:
                    return fresh[::-1]
                fresh.append(event)
            token = page.get("NextToken")
            if token is None:
                break
        return fresh[::-1]

    def _page(self, stack: str, token: str | None) -> dict[str, Any] | None:
        more = {"NextToken": token} if token else {}
        return self._account.ask(
            "cloudformation",
            "DescribeStackEvents",
            absent=("ValidationError",),
            StackName=stack,
            **more,
        )

    def _news(self, stack: str, event: Mapping[str, Any]) -> Iterator[News]:
        status = str(event["ResourceStatus"])
        reason = event.get("ResourceStatusReason") or ""
        logical_id = event["LogicalResourceId"]
        facts = {"stack": stack, "status": status, "reason": reason}
        if event["ResourceType"] == STACK:
            self.states[stack] = status
            self._working = {key: name for key, name in self._working.items() if key[0] != stack}
            text = f"{stack}: {status}{_why(status, reason)}"
            yield News("stack", text, _level_of_stack(status), facts=facts)
            return
        name = self._names.get(logical_id, logical_id)
        key = (stack, logical_id)
        if status.endswith("_IN_PROGRESS"):
            self._working[key] = name
        else:
            self._working.pop(key, None)
        facts |= {"resource": logical_id, "type": event["ResourceType"]}
        yield from self._news_of_resource(stack, name, status, reason, facts)

    def _news_of_resource(
        self, stack: str, name: str, status: str, reason: str, facts: Mapping[str, Any]
    ) -> Iterator[News]:
        text = f"{name} ({facts['type']}): {status}"
        if status.endswith("_FAILED") and not reason.startswith(CANCELLED):
            self.failures.append(Failure(stack, name, status, reason))
            yield News("resource", f"{text}: {reason}", Level.BAD, facts=facts)
        elif REPLACES in reason:
            yield News("resource", f"{name} ({facts['type']}) is replaced", facts=facts)
        elif not status.endswith("_IN_PROGRESS"):
            yield News("resource", text, Level.DETAIL, facts=facts)


def _level_of_stack(status: str) -> Level:
    if status.endswith("_FAILED") or "ROLLBACK" in status:
        return Level.BAD
    return Level.GOOD if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE") else Level.STEP


def _why(status: str, reason: str) -> str:
    told = reason and (status.endswith("_FAILED") or "ROLLBACK" in status)
    return f": {reason}" if told else ""
