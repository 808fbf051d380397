"""Has CloudFormation take back what it has not done with, and watches until it has."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from delivery.deploy import TRIES, Plan, beginning, prove_it, watch_of
from delivery.deploying.aftermath import tell_standing
from delivery.deploying.agreement import Confirm, agreed, refused
from delivery.deploying.deployed import DeployedStage
from delivery.deploying.ending import interruption
from delivery.deploying.news import Level, News, Teller
from delivery.deploying.outcome import Outcome, result
from delivery.deploying.stack_looks import Look
from delivery.deploying.watch import POLL_SECONDS, Overdue
from delivery.deploying.ways_back import READ, TOO_LATE, WAYS, Ends, States, Way, ends
from operations.account import CouldNotAsk
from operations.stack_states import is_busy

BEGINS_SECONDS: Final = 60.0
"""Within these a stack that CloudFormation was asked to take back may still look as before."""
AGAIN: Final = "read: docs/runbook.md#go-back"
WATCHED: Final = "it is watched to its end"


class TakingBack:
    """One run: whatever of the stage's stacks is not settled, until all are."""

    def __init__(self, plan: Plan, teller: Teller, confirm: Confirm) -> None:
        """`plan` is of what is deployed."""
        self._plan = plan
        self._teller = teller
        self._confirm = confirm
        self._stage = DeployedStage(plan.subject.account, plan.wish.stage)
        self._watch = watch_of(plan, teller)
        self._asked: dict[str, str] = {}
        """The stacks that CloudFormation was asked to take back, by the states they were in."""
        self._left: set[str] = set()
        """Those that it was not, or could not be, asked about."""

    def run(self, found: States) -> Outcome | None:
        """None where the service's own update has gone through: another way leads back from there.

        Raises `CouldNotAsk` where CloudFormation may not be asked to.
        """
        self._watch.mark()
        seen: dict[str, str] = {}
        states = found
        try:
            while found:
                seen |= found
                if not self._begin(found):
                    return refused(self._teller)
                settled = self._settled()
                if settled is None:
                    return self._leave(Outcome.UNSEEN, "it is watched no more")
                states, found = settled, self._cancellable(settled)
        except Overdue as error:
            return self._leave(Outcome.OVERDUE, str(error))
        except KeyboardInterrupt as error:
            return self._leave(Outcome.INTERRUPTED, interruption(error))
        return self._end(ends(states, seen))

    def decline(self) -> Outcome:
        """The end where somebody says no to that other way."""
        if not self._asked:
            return refused(self._teller)
        return self._fail("what CloudFormation was asked for is done, and nothing more was begun")

    def _begin(self, found: States) -> bool:
        """Do what somebody agrees to; False where that is nothing, and nothing was begun before."""
        ways = {name: WAYS[state] for name, state in found.items() if state in WAYS}
        for name, state in found.items():
            for sentence in ways[name].sentences if name in ways else (WATCHED,):
                self._teller.tell(News("plan", f"{name} is {state}: {sentence}"))
        if not ways:
            return True
        if agreed(self._teller, self._confirm, stage=self._stage.name):
            self._ask(found, ways)
            return True
        self._left.update(ways)
        if self._asked:
            self._teller.tell(News("plan", "nothing more is begun; what was is watched to its end"))
        return bool(self._asked)

    def _ask(self, found: States, ways: Mapping[str, Way]) -> None:
        """Where one may not be asked for, those that were are watched nevertheless."""
        operations = ", ".join(f"{way.operation} of {name}" for name, way in ways.items())
        self._teller.tell(beginning(self._plan, f"asks CloudFormation for {operations}", log=None))
        errors: dict[str, CouldNotAsk] = {}
        for name, way in ways.items():
            self._asked[name] = found[name]
            absent = TOO_LATE.get(way.operation, ())
            try:
                account = self._stage.account
                account.ask("cloudformation", way.operation, absent=absent, StackName=name)
            except CouldNotAsk as error:
                del self._asked[name]
                self._left.add(name)
                errors[name] = error
        if errors and not self._asked:
            raise next(iter(errors.values()))
        for name, why in errors.items():
            text = f"{name} is not taken back: {why}; the rest is watched to its end"
            self._teller.tell(News("step", text, Level.BAD))

    def _settled(self) -> States | None:
        """The stacks' states once nothing is at work, or more can be cancelled.

        None where that cannot be seen. Raises `Overdue`.
        """
        unseen, begun_by = 0, time.monotonic() + BEGINS_SECONDS
        while True:
            looks = self._watch.stacks.looks.look()
            self._watch.poll()  # after the question, so that what led to the answer is told
            unseen = unseen + 1 if any(look.unseen for look in looks) else 0
            if unseen == TRIES:
                return None
            states = {look.name: str(look.stack["StackStatus"]) for look in looks if look.stack}
            if not unseen and self._is_done(states, begun=time.monotonic() > begun_by):
                return states
            time.sleep(POLL_SECONDS)

    def _is_done(self, states: States, *, begun: bool) -> bool:
        if not begun and any(states.get(name) == state for name, state in self._asked.items()):
            return False
        return bool(self._cancellable(states)) or not any(map(is_busy, states.values()))

    def _cancellable(self, states: States) -> States:
        """Where a deploy that goes on elsewhere has come to its next stack meanwhile."""
        return {
            name: state
            for name, state in states.items()
            if state == "UPDATE_IN_PROGRESS" and name not in {*self._asked, *self._left}
        }

    def _end(self, ended: Ends) -> Outcome | None:
        service = self._stage.stack_name()
        for name, state in ended.forward.items():
            text = f"{name} is {state}: its update had gone through"
            self._teller.tell(News("step", text, Level.WARNING))
        if ended.lost:
            return self._fail("; ".join(f"{name} is {state}" for name, state in ended.lost.items()))
        if service in ended.forward:
            return None
        if ended.forward:
            names = ", ".join(ended.forward)
            return self._fail(
                f"{names}: what was in progress has gone through, and nothing takes that back; "
                "deploy the commit before it"
            )
        text = f"taken back to what was before: {', '.join(ended.back)}"
        if rest := [name for name in self._plan.stacks if name not in ended.back]:
            text += f"; left with what a deploy may have finished there: {', '.join(rest)}"
        if service not in self._plan.stacks:
            self._teller.tell(result(Outcome.DONE, f"{text}; it has no service", Level.WARNING))
            return Outcome.DONE
        return prove_it(self._plan, self._teller, text, remedy=READ)

    def _fail(self, text: str) -> Outcome:
        for failure in self._watch.stacks.failures:
            said = f"{failure.resource} in {failure.stack}: {failure.status}: {failure.reason}"
            self._teller.tell(News("reason", said, Level.BAD))
        self._tell_standing(self._looks())
        self._teller.tell(result(Outcome.FAILED, text, Level.BAD, lines=(READ,)))
        return Outcome.FAILED

    def _leave(self, outcome: Outcome, why: str) -> Outcome:
        looks = self._looks()
        self._tell_standing(looks)
        text = f"{why}; {self._how_it_goes_on(looks)}"
        self._teller.tell(result(outcome, text, Level.BAD, lines=(AGAIN,)))
        return outcome

    def _looks(self) -> list[Look]:
        """Without what was before: it is of no matter since when a stack is on its way back."""
        return [replace(look, touched=None) for look in self._watch.stacks.looks.look()]

    def _tell_standing(self, looks: list[Look]) -> None:
        for news in tell_standing(looks, stage=self._stage.name):
            self._teller.tell(news)

    def _how_it_goes_on(self, looks: list[Look]) -> str:
        stage = self._stage.name
        if going := [look.name for look in looks if look.goes_on or self._is_to_begin(look)]:
            return (
                f"AWS goes on with {', '.join(going)}; to watch again: make rollback STAGE={stage}"
            )
        if unseen := next((look.unseen for look in looks if look.unseen), None):
            return f"AWS may go on, which cannot be seen ({unseen}): make status STAGE={stage}"
        return f"nothing is at work any more: make status STAGE={stage}"

    def _is_to_begin(self, look: Look) -> bool:
        """CloudFormation was asked, and its state is that of before."""
        return look.stack is not None and look.stack["StackStatus"] == self._asked.get(look.name)
