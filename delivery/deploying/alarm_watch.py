"""Tells of the stage's alarms that go on or off while it is deployed: some of them undo it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

from delivery.deploying.deployed import DeployedStage
from delivery.deploying.news import Level, News, Poll
from delivery.deploying.stage_alarms import FIRING, stage_alarms

LOOK_SECONDS: Final = 30.0
"""Between two looks: an alarm counts minutes, and who asks too often has ECS throttled too, which
reads the same alarms to know whether to roll back:
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
"""


class AlarmWatch:
    """Follows the alarms that the stage's stacks own."""

    def __init__(self, stage: DeployedStage, clock: Callable[[], float] = time.monotonic) -> None:
        self._stage = stage
        self._clock = clock
        self._due = clock()
        self._states: dict[str, str] = {}

    @property
    def parts(self) -> tuple[tuple[str, Poll], ...]:
        """What is looked at."""
        return (("alarms", self._look),)

    def mark(self) -> None:
        """Those that are on already are no news."""
        self._states = {item["AlarmName"]: item["StateValue"] for item in stage_alarms(self._stage)}

    def _look(self) -> Iterator[News]:
        if self._clock() < self._due:
            return
        self._due = self._clock() + LOOK_SECONDS
        for alarm in stage_alarms(self._stage):
            name, state = alarm["AlarmName"], alarm["StateValue"]
            before = self._states.get(name, "")
            self._states[name] = state
            facts = {"alarm": name, "state": state}
            if state == FIRING and before != FIRING:
                text = f"alarm {name} is on: {alarm.get('StateReason', '')}"
                below = (alarm.get("AlarmDescription", ""),)
                yield News("alarm", text, Level.BAD, lines=below, facts=facts)
            elif before == FIRING and state != FIRING:
                text = f"alarm {name} is off: {state}"
                yield News("alarm", text, Level.GOOD, facts=facts)
