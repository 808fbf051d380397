"""What CloudFormation does, from its events: each told once, the failed ones kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from delivery.deploying.news import Level, News
from delivery.deploying.stack_looks import StackLooks
from operations.account import Account

STACK: Final = "AWS::CloudFormation::Stack"
# CloudFormation stops what it was doing besides when something else has failed.
CANCELLED: Final = ("Resource creation cancelled", "Resource update cancelled")
# Of a stack: something new begins, and not the end, or the way back, of what is known.
BEGINNINGS: Final = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "IMPORT_IN_PROGRESS")
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
        self,
        account: Account,
        stacks: Sequence[str],
        names: Mapping[str, str] | None = None,
        *,
        change_set: str = "",
    ) -> None:
        """`names` has readable names of logical ids; `change_set` is the name of those of ours."""
        self._account = account
        self._names = names or {}
        self._newest: dict[str, str | None] = dict.fromkeys(stacks)
        self._unmarked: dict[str, datetime] = {}
        self._working: dict[tuple[str, str], str] = {}
        self._of_others: set[str] = set()
        self._tells_others = bool(change_set)
        self.looks = StackLooks(account, stacks, change_set)
        self.states: dict[str, str] = {}
        self.failures: list[Failure] = []
        """Of what we began."""

    @property
    def working_on(self) -> tuple[str, ...]:
        """Resources that CloudFormation has begun and not finished."""
        return tuple(self._working.values())

    def mark(self) -> None:
        """Leave out all that has happened until now: by this clock, where AWS does not say it."""
        self._unmarked = dict.fromkeys(self._newest, datetime.now(UTC))
        for stack in self._newest:
            page = self._page(stack, None)
            if page and page["StackEvents"]:
                self._newest[stack] = page["StackEvents"][0]["EventId"]
            del self._unmarked[stack]

    def poll(self) -> Iterator[News]:
        """What has happened since the last time, in its order in time, whichever stack it is of."""
        fresh = [(stack, event) for stack in self._newest for event in self._fresh(stack)]
        for stack, event in sorted(fresh, key=lambda item: item[1]["Timestamp"]):
            self._newest[stack] = event["EventId"]
            yield from self._news(stack, event)

    def _fresh(self, stack: str) -> list[dict[str, Any]]:
        """The events that are not known yet, the oldest first."""
        fresh: list[dict[str, Any]] = []
        token: str | None = None
        while page := self._page(stack, token):
            for event in page["StackEvents"]:
                if event["EventId"] == self._newest[stack] or self._is_old(stack, event):
                    return fresh[::-1]
                fresh.append(event)
            token = page.get("NextToken")
            if token is None:
                break
        return fresh[::-1]

    def _is_old(self, stack: str, event: Mapping[str, Any]) -> bool:
        return stack in self._unmarked and bool(event["Timestamp"] < self._unmarked[stack])

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
        if event["ResourceType"] == STACK:
            yield self._news_of_stack(stack, status, reason)
            return
        name = self._names.get(logical_id, logical_id)
        key = (stack, logical_id)
        if status.endswith("_IN_PROGRESS"):
            self._working[key] = name
        else:
            self._working.pop(key, None)
        facts = {"stack": stack, "resource": logical_id, "type": event["ResourceType"]}
        facts |= {"status": status, "reason": reason, "of_another": stack in self._of_others}
        yield from self._news_of_resource(stack, name, status, reason, facts)

    def _news_of_stack(self, stack: str, status: str, reason: str) -> News:
        self.states[stack] = status
        self._working = {key: name for key, name in self._working.items() if key[0] != stack}
        if status in BEGINNINGS:
            self._note_whose(stack)
        of_another = stack in self._of_others
        by = ", by another deploy" if of_another else ""
        facts = {"stack": stack, "status": status, "reason": reason, "of_another": of_another}
        text = f"{stack}: {status}{by}{_why(status, reason)}"
        return News("stack", text, _level_of_stack(status), facts=facts)

    def _note_whose(self, stack: str) -> None:
        """Two may deploy at once: what the other does is told, and is no failure of ours."""
        self._of_others.discard(stack)
        if self._tells_others and self.looks.look_at(stack).of_another:
            self._of_others.add(stack)

    def _news_of_resource(
        self, stack: str, name: str, status: str, reason: str, facts: Mapping[str, Any]
    ) -> Iterator[News]:
        text = f"{name} ({facts['type']}): {status}"
        if status.endswith("_FAILED") and not reason.startswith(CANCELLED):
            if stack not in self._of_others:
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
