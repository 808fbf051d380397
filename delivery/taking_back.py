"""Has CloudFormation take back what it has not done with, and watches until it has."""

from __future__ import annotations

import time
from typing import Final

from delivery.deploy import TRIES, Plan, beginning, leave, prove_it, watch_of
from delivery.deploying.aftermath import tell_standing
from delivery.deploying.agreement import Confirm, agreed
from delivery.deploying.deployed import DeployedStage
from delivery.deploying.ending import interruption
from delivery.deploying.news import Level, News, Teller
from delivery.deploying.outcome import Outcome, result
from delivery.deploying.watch import POLL_SECONDS, Overdue
from delivery.deploying.ways_back import READ, TOO_LATE, WAYS, Ends, States, ends
from operations.stack_states import is_busy

BEGINS_SECONDS: Final = 60.0
"""Within these a stack that CloudFormation was asked to take back may still look as before."""
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
                    return Outcome.REFUSED
                settled = self._settled()
                if settled is None:
                    return self._leave(Outcome.UNSEEN, "it is watched no more")
                states, found = settled, self._cancellable(settled)
        except Overdue as error:
            return self._leave(Outcome.OVERDUE, str(error))
        except KeyboardInterrupt as error:
            return self._leave(Outcome.INTERRUPTED, interruption(error))
        return self._end(ends(states, seen))

    def _begin(self, found: States) -> bool:
        """Whether somebody agrees to what is to be done; where nothing is, nobody is asked."""
        ways = {name: WAYS[state] for name, state in found.items() if state in WAYS}
        for name, state in found.items():
            for sentence in ways[name].sentences if name in ways else (WATCHED,):
                self._teller.tell(News("plan", f"{name} is {state}: {sentence}"))
        if not ways:
            return True
        nothing = "nothing more was begun" if self._asked else "nothing was changed"
        if not agreed(self._teller, self._confirm, stage=self._stage.name, nothing=nothing):
            return False
        operations = ", ".join(f"{way.operation} of {name}" for name, way in ways.items())
        self._teller.tell(beginning(self._plan, f"asks CloudFormation for {operations}", log=None))
        for name, way in ways.items():
            self._asked[name] = found[name]
            absent = TOO_LATE.get(way.operation, ())
            self._stage.account.ask("cloudformation", way.operation, absent=absent, StackName=name)
        return True

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
            if state == "UPDATE_IN_PROGRESS" and name not in self._asked
        }

    def _end(self, ended: Ends) -> Outcome | None:
        stage, service = self._stage.name, self._stage.stack_name()
        if ended.lost:
            return self._fail("; ".join(f"{name} is {state}" for name, state in ended.lost.items()))
        if service in ended.forward:
            text = f"{service} is {ended.forward[service]}: its update had gone through"
            self._teller.tell(News("step", text, Level.WARNING))
            return None
        if ended.forward:
            names = ", ".join(ended.forward)
            return self._fail(
                f"{names}: what was in progress has gone through, and nothing takes that back; "
                "deploy the commit before it"
            )
        text = f"{stage} is back where it was before the update"
        if service not in self._plan.stacks:
            self._teller.tell(result(Outcome.DONE, f"{text}; it has no service", Level.WARNING))
            return Outcome.DONE
        return prove_it(self._plan, self._teller, text, remedy=READ)

    def _fail(self, text: str) -> Outcome:
        for failure in self._watch.stacks.failures:
            said = f"{failure.resource} in {failure.stack}: {failure.status}: {failure.reason}"
            self._teller.tell(News("reason", said, Level.BAD))
        for news in tell_standing(self._watch.stacks.looks.look(), stage=self._stage.name):
            self._teller.tell(news)
        self._teller.tell(result(Outcome.FAILED, text, Level.BAD, lines=(READ,)))
        return Outcome.FAILED

    def _leave(self, outcome: Outcome, why: str) -> Outcome:
        return leave(self._plan, self._watch, self._teller, outcome, why)
