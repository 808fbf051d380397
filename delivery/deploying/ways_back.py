"""What takes a stack back, by its state, and what has become of stacks when nothing is at work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from operations.stack_states import WENT_BACK, WENT_THROUGH, is_busy

# What is left to do where a way back has ended badly.
READ: Final = "read docs/runbook.md#a-deploy-fails"
# By the name of the stack.
States = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Way:
    """What would be done, and the operation of CloudFormation that does it."""

    sentences: tuple[str, ...]
    operation: str


# By the stack's state. None of them is a deploy: CloudFormation knows where to go.
WAYS: Final = {
    "UPDATE_IN_PROGRESS": Way(
        (
            "the update in progress is cancelled",
            "CloudFormation takes every resource back to what it was before; ECS starts tasks of "
            "the earlier revision beside those that run, and then ends the others",
        ),
        "CancelUpdateStack",
    ),
    "UPDATE_ROLLBACK_FAILED": Way(
        (
            "CloudFormation goes on where it could not go back",
            "the resource that stopped it has to be mended before",
        ),
        "ContinueUpdateRollback",
    ),
    "UPDATE_FAILED": Way(
        ("CloudFormation takes the update back that has failed and was left as it was",),
        "RollbackStack",
    ),
}
# What CloudFormation answers to an operation that comes too late: by then the stack says more.
TOO_LATE: Final[Mapping[str, tuple[str, ...]]] = {"CancelUpdateStack": ("ValidationError",)}


def unsettled(states: States, *, service: str) -> dict[str, str]:
    """What comes first: the stacks at work, and the service's where it was left halfway.

    Another one that is stuck, perhaps for days, keeps the service from no way back.
    """
    return {
        name: state
        for name, state in states.items()
        if is_busy(state) or (name == service and state in WAYS)
    }


@dataclass(frozen=True, slots=True)
class Ends:
    """How stacks that were unsettled have ended, each by its state."""

    back: States
    """Where they were before."""
    forward: States
    """What was in progress has gone through: there was nothing to cancel, or it was too late."""
    lost: States
    """Neither; somebody has to look."""


def ends(states: States, names: Iterable[str]) -> Ends:
    """Of the stacks with these names; one that is gone is lost."""
    of = {name: states.get(name, "gone") for name in names}
    back = {name: state for name, state in of.items() if state in WENT_BACK}
    forward = {name: state for name, state in of.items() if state in WENT_THROUGH}
    lost = {name: state for name, state in of.items() if name not in {*back, *forward}}
    return Ends(back, forward, lost)
