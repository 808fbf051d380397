"""Takes a stage back: an update in progress to where it began, a finished one a revision back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from delivery.assemblies import Assembly
from delivery.deploy import BY_HAND, Plan, Wish, open_stage
from delivery.deploying.agreement import Confirm, refused
from delivery.deploying.deployed import DeployedStage
from delivery.deploying.going_back import CannotGoBack
from delivery.deploying.guards import require_place
from delivery.deploying.news import Level, News, Teller
from delivery.deploying.outcome import Outcome
from delivery.deploying.runs import Run, new_run
from delivery.deploying.ways_back import unsettled
from delivery.earlier_revision import deploy_earlier
from delivery.errors import DeliveryError
from delivery.taking_back import TakingBack
from operations.account import CouldNotAsk, NoCredentials
from operations.preflight.finding import Subject
from operations.stack_states import is_busy, obstacle
from operations.stacks import deployed_template, stack_name
from operations.stage import STACK_ARTIFACT, SynthesisedStage


def roll_back(wish: Wish, teller: Teller, *, confirm: Confirm, to: str = "") -> Outcome:
    """Show what would be done, ask, do it, and watch it to its end. Raises DeliveryError.

    `to` is the number of a revision; by default the one that ran before.
    """
    with new_run("rollback", wish.stage) as run:
        settings, account = open_stage(wish)
        subject = Subject(SynthesisedStage(settings, {}, None, builds_image=False), account)
        require_place(subject)
        try:
            return _roll_back(wish, subject, run, teller, confirm, to=to)
        except NoCredentials as error:
            raise DeliveryError(f"rollback: {error}; {error.todo}") from None
        except (CouldNotAsk, CannotGoBack) as error:
            raise DeliveryError(f"rollback: {error}") from None


def _roll_back(
    wish: Wish, subject: Subject, run: Run, teller: Teller, confirm: Confirm, *, to: str
) -> Outcome:
    stage = DeployedStage(subject.account, wish.stage)
    by_hand = {stack_name(wish.stage, name.lower()) for name in BY_HAND}
    stacks = {name: stack for name, stack in stage.stacks().items() if name not in by_hand}
    if not stacks:
        raise DeliveryError(
            f"STAGE: got '{stage.name}', which is not deployed; there is no way back"
        )
    decline: Callable[[], Outcome] = partial(refused, teller)
    states = {name: str(stack["StackStatus"]) for name, stack in stacks.items()}
    for news in _stuck_beside(stage, stacks):
        teller.tell(news)
    if found := unsettled(states, service=stage.stack_name()):
        _refuse_choice(to, found)
        assembly = as_deployed(stage, states, run.folder / "deployed")
        settings = subject.stage.settings
        plan = Plan(wish, settings, assembly, tuple(states), subject, run)
        taking = TakingBack(plan, teller, confirm)
        outcome = taking.run(found)
        if outcome is not None:
            return outcome
        decline = taking.decline
    return deploy_earlier(wish, run, stage, teller, confirm, to=to, decline=decline)


def _stuck_beside(stage: DeployedStage, stacks: Mapping[str, Any]) -> Iterator[News]:
    """The stacks that somebody has to see to: the way back of the service leaves them alone."""
    for name, stack in stacks.items():
        state = str(stack["StackStatus"])
        todo = obstacle(stack, stage=stage.name)
        if todo and name != stage.stack_name() and not is_busy(state):
            text = f"{name} is {state}, and is left as it is: {todo}"
            yield News("plan", text, Level.WARNING)


def _refuse_choice(to: str, found: dict[str, str]) -> None:
    if to:
        unfinished = ", ".join(f"{name} is {state}" for name, state in found.items())
        raise DeliveryError(
            f"TO: got '{to}', but {unfinished}; that comes first: leave TO= out, and name a "
            "revision when nothing is in progress"
        )


def as_deployed(stage: DeployedStage, stacks: Iterable[str], into: Path) -> Assembly:
    """An assembly of what CloudFormation has, by the stacks' full names, to look at.

    It takes no synthesis, and so neither a working tree that has one nor the time. A template that
    may not be read is empty: then resources have no other names than CloudFormation's.
    """
    into.mkdir(parents=True)
    artifacts = {}
    for name in stacks:
        file = f"{name}.template.json"
        properties = {"stackName": name, "templateFile": file}
        artifacts[name] = {"type": STACK_ARTIFACT, "properties": properties}
        try:
            template = deployed_template(stage.account, name) or {}
        except CouldNotAsk:
            template = {}
        (into / file).write_text(json.dumps(template), encoding="utf-8")
    (into / "manifest.json").write_text(json.dumps({"artifacts": artifacts}), encoding="utf-8")
    return Assembly(into)
