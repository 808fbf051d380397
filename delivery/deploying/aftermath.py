"""After a deploy that failed, or was left: where the stacks stand, why, and what to read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from delivery.assemblies import shown
from delivery.deploying.news import Level, News
from delivery.deploying.stack_looks import Described, Look
from delivery.deploying.watch import Watch
from operations.stack_states import EVENTS, FAILED_FIRST, WENT_BACK, is_busy, obstacle

RUNBOOK: Final = "docs/runbook.md"
_SHOWN_FAILURES: Final = 3


def tell_failure(
    stage: str, watch: Watch, looks: Sequence[Look], *, reasons: tuple[str, ...], log: Path
) -> Iterator[News]:
    """The sentences that end a failed deploy."""
    for failure in watch.stacks.failures[:_SHOWN_FAILURES]:
        text = f"failed first: {failure.resource} in {failure.stack}: {failure.reason}"
        yield News("reason", text, Level.BAD)
    if not watch.stacks.failures and reasons:
        yield News("reason", "the CDK's command line said:", Level.BAD, lines=reasons)
    if not any(look.of_another for look in looks):  # else the tasks may be the other's
        for cause, count in watch.rollout.stopped.causes:
            text = f"{count} tasks stopped: {cause.likely}; {cause.todo}"
            yield News("reason", text, Level.BAD)
    yield from tell_standing(looks, stage=stage)
    yield _reading(watch, log)


def tell_standing(looks: Sequence[Look], *, stage: str) -> Iterator[News]:
    """Of each stack where it stands now, and whether that is otherwise than before."""
    if _all_as_before(looks):
        yield News("standing", "nothing was changed in AWS", Level.GOOD)
        return
    for look in looks:
        yield _standing(look, stage)


def how_it_goes_on(looks: Sequence[Look], *, stage: str) -> str:
    """Half a sentence for whoever does not watch any more."""
    going = [look for look in looks if look.goes_on and look.is_ours]
    if going:
        names = ", ".join(look.name for look in going)
        return f"AWS goes on with {names}: {_todo(going[0], stage)}"
    if unseen := next((look.unseen for look in looks if look.unseen), None):
        return f"AWS may go on, which cannot be seen ({unseen}): make status STAGE={stage}"
    if _all_as_before(looks):
        return "nothing was changed in AWS"
    return f"what was begun is done, and the rest is not deployed: make status STAGE={stage}"


def _all_as_before(looks: Sequence[Look]) -> bool:
    return all(look.touched is False for look in looks)


def _standing(look: Look, stage: str) -> News:
    state = str(look.stack["StackStatus"]) if look.stack else None
    facts = {"stack": look.name, "status": state, "todo": _todo(look, stage)}
    level, text = _level_and_words(look, state)
    if facts["todo"]:
        text += f"; {facts['todo']}"
    return News("standing", f"{look.name}{text}", level, facts=facts)


def _level_and_words(look: Look, state: str | None) -> tuple[Level, str]:
    """What follows the stack's name."""
    if look.unseen:
        return Level.WARNING, f": its state cannot be seen: {look.unseen}"
    if look.touched is False:
        return Level.DETAIL, f" is as before ({state or 'not there'}): no changes, or not begun"
    if state is None:
        return Level.WARNING, " is not there"
    if look.of_another:
        return Level.WARNING, f" is {state} by another deploy; this one changed nothing in it"
    if state in WENT_BACK:
        return Level.GOOD, f" is {state}: CloudFormation took it back to what it was before"
    if state == "ROLLBACK_COMPLETE":
        return Level.WARNING, f" is {state}: what its first deploy had made is removed"
    if is_busy(state):
        return Level.WARNING, f" is {state}"
    return (Level.BAD if state.endswith("_FAILED") else Level.GOOD), f" is {state}"


def _todo(look: Look, stage: str) -> str:
    """What is to be done before the next deploy, which is the rest."""
    if look.stack is None or look.touched is False:
        return ""
    stack: Described = look.stack
    if todo := obstacle(stack, stage=stage):
        return todo
    if stack["StackStatus"] == "ROLLBACK_FAILED":
        return (
            f"{EVENTS} {look.name} says what of its first deploy could not be removed: mend that, "
            "and deploy again"
        )
    return "deploy again" if stack["StackStatus"] in FAILED_FIRST else ""


def _reading(watch: Watch, log: Path) -> News:
    lines = [f"{RUNBOOK}#a-deploy-fails", f"{shown(log)} (all that the CDK said)"]
    lines += [f"log group {group}" for group in watch.rollout.stopped.log_groups]
    facts = {"runbook": lines[0], "log": shown(log)}
    return News("reading", "read:", lines=tuple(lines), facts=facts)
