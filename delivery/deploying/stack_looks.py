"""How each stack stands beside how it stood before, and by whose deploy it is otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from operations.account import Account, CouldNotAsk, NoAnswer, NoCredentials
from operations.stack_states import ONLY_REVIEWED, is_busy
from operations.stacks import describe_stack

Described = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Look:
    """One stack, as CloudFormation describes it now."""

    name: str
    stack: Described | None = None
    """None where it is not there, or could not be seen."""
    unseen: CouldNotAsk | None = None
    """Why it could not be seen."""
    touched: bool | None = None
    """Whether it is otherwise than before; None where that is not known."""
    of_another: bool = False
    """Whether it is by a change set that is not ours."""

    @property
    def goes_on(self) -> bool:
        """Whether CloudFormation is at work on it."""
        return self.stack is not None and is_busy(str(self.stack["StackStatus"]))

    @property
    def is_ours(self) -> bool:
        """Whether it is otherwise by what we began, as far as is known."""
        return self.touched is not False and not self.of_another


class StackLooks:
    """Looks at some stacks, which need not exist yet."""

    def __init__(self, account: Account, stacks: Sequence[str], change_set: str = "") -> None:
        """`change_set` is the name of those that are ours."""
        self._account = account
        self._stacks = stacks
        self._change_set = change_set
        self._before: dict[str, Described | None] = {}

    def mark(self) -> None:
        """From here on it is told what is otherwise."""
        for name in self._stacks:
            self._before[name] = describe_stack(self._account, name)

    def look(self) -> list[Look]:
        """All of them. Where AWS does not answer at all, it is not asked again for the next."""
        looks: list[Look] = []
        for name in self._stacks:
            silence = looks[-1].unseen if looks else None
            if isinstance(silence, (NoAnswer, NoCredentials)):
                looks.append(Look(name, unseen=silence))
            else:
                looks.append(self.look_at(name))
        return looks

    def look_at(self, name: str) -> Look:
        """One of them."""
        try:
            stack = describe_stack(self._account, name)
        except CouldNotAsk as error:
            return Look(name, unseen=error)
        if name not in self._before:
            return Look(name, stack)
        before = self._before[name]
        touched = _state(before) != _state(stack)
        return Look(name, stack, touched=touched, of_another=self._is_anothers(before, stack))

    def _is_anothers(self, before: Described | None, now: Described | None) -> bool:
        """By the change set that CloudFormation carried out last on the stack.

        Where that is still the one of before, nobody knows.
        """
        made_by = (now or {}).get("ChangeSetId")
        if not self._change_set or not made_by or made_by == (before or {}).get("ChangeSetId"):
            return False
        return f":changeSet/{self._change_set}/" not in made_by


def _state(stack: Described | None) -> tuple[Any, ...] | None:
    """What is another after any change. A stack that only has a change set is none yet."""
    if stack is None or stack["StackStatus"] == ONLY_REVIEWED:
        return None
    return stack.get("StackId"), stack["StackStatus"], stack.get("LastUpdatedTime")
