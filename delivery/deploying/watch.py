"""Watches a deploy beside the CDK's command line; what it may not see it names, and goes on."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from delivery.deploying.alarm_watch import AlarmWatch
from delivery.deploying.news import Level, News, Picture, Poll, Teller
from delivery.deploying.rollout import Rollout
from delivery.deploying.stack_events import StackEvents
from operations.account import CouldNotAsk, NoCredentials

POLL_SECONDS: Final = 5.0
"""As often as the CDK's command line looks. A poll is about ten calls."""
WORTH_A_LINE_SECONDS: Final = 30.0
"""For so long nothing was seen, and then it is said that it is again."""
EVENTS: Final = "stack events"


class Overdue(Exception):
    """Something goes on for longer than it ever should; the message says what."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long a rollout, and the whole, may take."""

    rollout_seconds: float
    whole_seconds: float


class Watch:
    """Polls AWS and tells what is new."""

    def __init__(
        self,
        *,
        stacks: StackEvents,
        rollout: Rollout,
        alarms: AlarmWatch,
        teller: Teller,
        deadlines: Deadlines,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.stacks = stacks
        self.rollout = rollout
        self._alarms = alarms
        self._teller = teller
        self._deadlines = deadlines
        self._clock = clock
        self._began = clock()
        self._complaints: set[str] = set()
        self._unseen_since: dict[str, float] = {}

    def mark(self) -> None:
        """Begin here: all that has happened before is no news."""
        self._began = self._clock()
        for what, mark in (
            ("stacks", self.stacks.looks.mark),
            (EVENTS, self.stacks.mark),
            ("the rollout", self.rollout.mark),
            ("alarms", self._alarms.mark),
        ):
            try:
                mark()
            except CouldNotAsk as error:
                self._complain(what, error)

    def poll(self) -> None:
        """Ask once and tell. Raises `Overdue`."""
        # Causes before their effects, should one poll see both.
        parts = (*self.rollout.parts, *self._alarms.parts, (EVENTS, self.stacks.poll))
        for what, poll in parts:
            self._ask(what, poll)
            self._check_time()  # where nothing comes back, each part waits for a minute
        self._teller.show(self.picture())

    def picture(self) -> Picture:
        """How things stand."""
        return Picture(
            stacks=self.stacks.states,
            working_on=self.stacks.working_on,
            generations=self.rollout.generations,
            targets=self.rollout.targets,
            shift=str(self.rollout.shift or ""),
            unseen={part: self._clock() - since for part, since in self._unseen_since.items()},
        )

    def _ask(self, what: str, poll: Poll) -> None:
        try:
            for news in poll():
                self._teller.tell(news)
        except CouldNotAsk as error:
            self._unseen_since.setdefault(what, self._clock())
            self._complain(what, error)
        else:
            self._note_seen(what)

    def _complain(self, what: str, error: CouldNotAsk) -> None:
        """Once for each reason: the next poll may meet the same."""
        if str(error) not in self._complaints:
            self._complaints.add(str(error))
            todo = f"; {error.todo}" if isinstance(error, NoCredentials) else ""
            text = f"{what} cannot be seen now: {error}{todo}; it goes on without"
            self._teller.tell(News("watch", text, Level.WARNING, facts={"part": what}))

    def _note_seen(self, what: str) -> None:
        """Worth a line after a while: a throttled call is none."""
        since = self._unseen_since.pop(what, self._clock())
        if self._clock() - since >= WORTH_A_LINE_SECONDS:
            self._complaints.clear()
            self._teller.tell(News("watch", f"{what} can be seen again", facts={"part": what}))

    def _check_time(self) -> None:
        limit = self._deadlines.rollout_seconds
        if self.rollout.runs_for_seconds > limit:
            wanted = self.rollout.generations[0]
            raise Overdue(
                f"the rollout of revision {wanted.revision} has gone on for {limit:.0f} s, with "
                f"{wanted.running} of {wanted.desired} tasks running"
            )
        if self._clock() - self._began > self._deadlines.whole_seconds:
            working = ", ".join(self.stacks.working_on) or "nothing that could be seen"
            raise Overdue(
                f"it has gone on for {self._deadlines.whole_seconds:.0f} s; at work on: {working}"
            )
