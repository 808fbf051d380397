"""After a deploy that failed: where the stacks stand, why, and what to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from delivery.assemblies import shown
from delivery.deploying.deployed import DeployedStage
from delivery.deploying.news import Level, News
from delivery.deploying.watch import Watch
from operations.account import CouldNotAsk
from operations.stack_states import FAILED_FIRST, WENT_BACK, is_busy, obstacle

RUNBOOK: Final = "docs/runbook.md"
_SHOWN_FAILURES: Final = 3


def tell_failure(
    stage: DeployedStage, watch: Watch, *, reasons: tuple[str, ...], log: Path
) -> Iterator[News]:
    """The sentences that end a failed deploy."""
    for failure in watch.stacks.failures[:_SHOWN_FAILURES]:
        text = f"failed first: {failure.resource} in {failure.stack}: {failure.reason}"
        yield News("reason", text, Level.BAD)
    if not watch.stacks.failures and reasons:
        yield News("reason", "the CDK's command line said:", Level.BAD, lines=reasons)
    for cause, count in watch.rollout.stopped.causes:
        text = f"{count} tasks stopped: {cause.likely}; {cause.todo}"
        yield News("reason", text, Level.BAD)
    yield from _stacks(stage, watch)
    yield _reading(watch, log)


def _stacks(stage: DeployedStage, watch: Watch) -> Iterator[News]:
    """Of each stack that was touched, where it stands now."""
    if not watch.stacks.states:
        yield News("stack", "nothing was changed in AWS", Level.GOOD)
        return
    for name in watch.stacks.states:
        try:
            found = stage.stack(name)
        except CouldNotAsk as error:
            yield News("stack", f"{name}: its state cannot be seen: {error}", Level.WARNING)
            continue
        if found is None:
            yield News("stack", f"{name} is gone")
        else:
            yield _stack(found, stage.name)


def _stack(stack: Mapping[str, Any], stage: str) -> News:
    name, state = stack["StackName"], stack["StackStatus"]
    facts = {"stack": name, "status": state}
    if state == WENT_BACK:
        text = f"{name} is {state}: CloudFormation took it back to what it was before"
        return News("stack", text, Level.GOOD, facts=facts)
    if state in FAILED_FIRST:
        text = f"{name} is {state}: what its first deploy had made is removed; deploy again"
        return News("stack", text, Level.WARNING, facts=facts)
    todo = obstacle(stack, stage=stage)
    if todo:
        level = Level.WARNING if is_busy(state) else Level.BAD
        return News("stack", f"{name} is {state}; {todo}", level, facts=facts | {"todo": todo})
    return News("stack", f"{name} is {state}", Level.GOOD, facts=facts)


def _reading(watch: Watch, log: Path) -> News:
    lines = [f"{RUNBOOK}#a-deploy-fails", f"{shown(log)} (all that the CDK said)"]
    lines += [f"log group {group}" for group in watch.rollout.stopped.log_groups]
    return News("reading", "read:", lines=tuple(lines), facts={"runbook": lines[0]})
