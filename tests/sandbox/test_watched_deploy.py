"""A deploy's watch beside real tasks: one that dies, and a rollout that never ends."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from delivery import rollback, taking_back
from delivery.deploy import Wish
from delivery.deploying.alarm_watch import AlarmWatch
from delivery.deploying.deployed import DeployedStage
from delivery.deploying.guards import check_rollout
from delivery.deploying.news import Level
from delivery.deploying.outcome import Outcome
from delivery.deploying.rollout import Rollout
from delivery.deploying.stack_events import StackEvents
from delivery.deploying.watch import Deadlines, Overdue, Watch
from infra.stage_files import load_stage
from operations.account import PATIENT, Account
from operations.preflight.finding import Mark, Subject
from operations.stage import SynthesisedStage
from sandbox.state import REGION
from tests.delivery.deploying.account import Listener
from tests.sandbox import stacks
from tests.sandbox.waiting import until

POLL_SECONDS = 0.1
# Real tasks start and are taken back: seconds on a machine that has nothing else to do.
pytestmark = pytest.mark.timeout(600)
PATIENCE_SECONDS = 300


class Example(DeployedStage):
    """The small stack in the place of a stage's."""

    def stack_name(self, stack: str = "") -> str:
        return stacks.NAME

    def stacks(self) -> dict[str, dict[str, Any]]:
        return {stacks.NAME: self.stack(stacks.NAME) or {}}


@pytest.fixture
def stage(aws: int) -> Example:
    return Example(Account(boto3.Session(region_name=REGION), PATIENT), "local")


def watching(
    stage: Example, *, rollout_seconds: float = PATIENCE_SECONDS
) -> tuple[Watch, Listener]:
    told = Listener()
    watch = Watch(
        stacks=StackEvents(stage.account, [stacks.NAME]),
        rollout=Rollout(stage),
        alarms=AlarmWatch(stage),
        teller=told,
        deadlines=Deadlines(rollout_seconds, PATIENCE_SECONDS),
    )
    watch.mark()
    return watch, told


def poll_until(watch: Watch, done: Callable[[], bool]) -> None:
    """As a deploy does beside the command line."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not done():
        assert time.monotonic() < deadline
        watch.poll()
        time.sleep(POLL_SECONDS)


async def deployed_once() -> None:
    await asyncio.to_thread(stacks.execute, "1")
    await until(stacks.ready)


def told_lines(told: Listener) -> list[str]:
    """What stopped tasks wrote last; their lines may come after the news of their end."""
    return [line for news in told.news for line in news.facts.get("log", ())]


def ended(watch: Watch) -> bool:
    return watch.stacks.states.get(stacks.NAME, "") == "UPDATE_ROLLBACK_COMPLETE"


@pytest.mark.usefixtures("runner")
async def test_task_that_dies_is_explained_at_once_and_the_rollback_is_seen(
    stage: Example,
) -> None:
    await deployed_once()
    watch, told = await asyncio.to_thread(watching, stage)
    await asyncio.to_thread(stacks.execute, "2", FAIL="3")
    await asyncio.to_thread(poll_until, watch, lambda: ended(watch) and bool(told_lines(told)))
    dead = [news for news in told.news if news.kind == "task stopped"]
    assert "Essential container in task exited; main exited with 3" in dead[0].text
    assert "likely: the program in it ended with an error" in dead[0].lines
    assert "told to fail" in told_lines(told)
    first = told.news.index(dead[0])
    assert first < told.texts.index(f"{stacks.NAME}: UPDATE_ROLLBACK_COMPLETE")
    assert any("circuit breaker" in text for text in told.of(Level.BAD))
    assert [failure.resource for failure in watch.stacks.failures] == ["Service"]


@pytest.mark.usefixtures("runner")
async def test_rollout_that_never_ends_is_refused_a_second_one_and_taken_back(
    stage: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking_back, "POLL_SECONDS", POLL_SECONDS)
    monkeypatch.setattr(taking_back, "prove_it", lambda *_, **__: Outcome.DONE)
    await deployed_once()
    watch, _ = await asyncio.to_thread(watching, stage, rollout_seconds=1)
    await asyncio.to_thread(stacks.execute, "2", STATUS="503")
    with pytest.raises(Overdue, match="has gone on for 1 s"):
        await asyncio.to_thread(poll_until, watch, lambda: False)
    monkeypatch.setattr("delivery.deploying.guards._deployed", lambda _: stage)
    (refused,) = await asyncio.to_thread(lambda: list(check_rollout(subject(stage))))
    assert (refused.mark, "make rollback STAGE=local" in refused.todo) == (Mark.FAILED, True)
    outcome, told = await asyncio.to_thread(take_back, stage, monkeypatch)
    assert outcome is Outcome.DONE
    assert f"{stacks.NAME}: UPDATE_ROLLBACK_COMPLETE" in told.texts
    service = await asyncio.to_thread(stacks.described)
    assert stacks.version_of(service["taskDefinition"]) == "1"
    await until(stacks.ready)


def subject(stage: Example) -> Subject:
    return Subject(
        SynthesisedStage(load_stage("local"), {}, None, builds_image=False), stage.account
    )


def take_back(stage: Example, monkeypatch: pytest.MonkeyPatch) -> tuple[Outcome, Listener]:
    """What `make rollback` does with it."""
    told = Listener()
    watch, _ = watching(stage)
    watch._teller = told
    monkeypatch.setattr(taking_back, "watch_of", lambda *_: watch)
    for module in (rollback, taking_back):
        monkeypatch.setattr(module, "DeployedStage", lambda *_: stage)
    opened = load_stage("local"), stage.account
    monkeypatch.setattr(rollback, "open_stage", lambda _: opened)
    return rollback.roll_back(Wish("local"), told, confirm=lambda _: True), told
