"""What there is to tell: one piece of news at a time, and the picture of how things stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Protocol


class Level(StrEnum):
    """How much it matters to whoever waits."""

    DETAIL = "detail"
    STEP = "step"
    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


# Of what a program is told: a number of its own for each shape that it has had.
FORMAT: Final = 1
# The first piece of news, the one after which AWS is no longer as it was, and the last one.
START: Final = "start"
BEGIN: Final = "begin"
RESULT: Final = "result"
# Every kind of news with the names of its facts, which are there in each line, or null. The manual
# is docs/json-lines.md.
KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    START: ("format", "verb", "stage"),
    "step": (),
    "plan": (),
    "guard": ("guard", "mark", "stops", "todo"),
    "guards": ("passed", "asked"),
    BEGIN: ("account", "region", "stacks", "change_set", "log"),
    "cdk": (),
    "stack": ("stack", "status", "reason", "of_another"),
    "resource": ("stack", "resource", "type", "status", "reason", "of_another"),
    "rollout": ("generations", "targets", "step", "new_percent"),
    "ecs": (),
    "task stopped": (
        *("task", "revision", "stop_code", "stopped_reason", "stopping_at", "containers"),
        *("likely", "todo", "log"),
    ),
    "task log": ("task", "likely", "todo", "log"),
    "task ends": ("task",),
    "alarm": ("alarm", "state"),
    "watch": ("part",),
    "smoke": ("check", "outcome", "seen", "seconds"),
    "reason": (),
    "standing": ("stack", "status", "todo"),
    "reading": ("runbook", "log"),
    RESULT: ("outcome", "exit_status", "seconds", "smoke", "url", "guards"),
}


@dataclass(frozen=True, slots=True)
class News:
    """One thing that happened. `lines` are read below it; `facts` are for programs."""

    kind: str
    text: str
    level: Level = Level.STEP
    lines: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Generation:
    """The tasks of one deployment of the ECS service, which all run one revision."""

    revision: str
    role: str
    """ECS's word: PRIMARY is the one that is wanted, ACTIVE one that is being replaced."""
    desired: int
    running: int
    pending: int
    failed: int
    rollout: str


@dataclass(frozen=True, slots=True)
class Picture:
    """How the deploy stands now; each part is empty until it is known."""

    stacks: Mapping[str, str] = field(default_factory=dict)
    working_on: tuple[str, ...] = ()
    """Resources that CloudFormation is at work on."""
    generations: tuple[Generation, ...] = ()
    targets: Mapping[str, int] = field(default_factory=dict)
    """How many targets of the load balancer are in each state."""
    shift: str = ""
    """How far the requests have been moved, where two fleets run at once."""
    unseen: Mapping[str, float] = field(default_factory=dict)
    """The parts that cannot be seen now, and for how many seconds: of them it shows what was."""


Poll = Callable[[], Iterator[News]]
"""Asks, and tells what is new."""


class Teller(Protocol):
    """Tells a person or a program."""

    def tell(self, news: News) -> None:
        """Say it now."""

    def show(self, picture: Picture) -> None:
        """Redraw how things stand, where there is something to draw on."""

    def pause(self) -> None:
        """Draw nothing until the next picture: a person is asked something."""
