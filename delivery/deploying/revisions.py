"""The revisions of the task definition that the service has run, by ECS's own record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from delivery.deploying.deployed import DeployedStage, ServiceAddress, revision_of
from delivery.deploying.going_back import differences


@dataclass(frozen=True, slots=True)
class Ran:
    """A revision, and when its last rollout that went well began."""

    definition: str
    since: datetime
    images: tuple[str, ...] = ()
    """What its containers ran, where ECS's record says it."""

    @property
    def revision(self) -> str:
        """Its number in the family."""
        return revision_of(self.definition)


@dataclass(frozen=True, slots=True)
class History:
    """What ran beside the revision that runs now, each once, the last one first."""

    before: list[Ran]
    """The way back: without what was taken back already."""
    ran: list[Ran]
    """Every one, for somebody who names one."""


def history_of(stage: DeployedStage, address: ServiceAddress, current: str) -> History:
    """What ran before the `current` task definition.

    A revision whose rollout failed, or was taken back by ECS, never ran: it is not among them. One
    that says the same as an earlier one, as `make rollback` deploys it, is a return to that one:
    what ran in between was taken back then.
    """
    rollouts = list(_rollouts(stage, address))
    contents = _Contents(stage)
    line: list[Ran] = []
    for ran in _releases(rollouts, current):
        same = (at for at, earlier in enumerate(line) if contents.same(earlier, ran))
        line = [*line[: next(same, len(line))], ran]
    others = {ran.definition: ran for ran in rollouts if ran.definition != current}
    last_first = sorted(others.values(), key=lambda ran: ran.since, reverse=True)
    return History(before=line[:-1][::-1], ran=last_first)


def _rollouts(stage: DeployedStage, address: ServiceAddress) -> Iterator[Ran]:
    """Those that went well, the first one first."""
    deployments = stage.finished_deployments(address)[::-1]
    arns = [item["targetServiceRevisionArn"] for item in deployments]
    revisions = stage.service_revisions(list(dict.fromkeys(arns)))
    for deployment, arn in zip(deployments, arns, strict=True):
        if arn in revisions:
            yield _ran(revisions[arn], deployment["createdAt"])


def _ran(revision: dict[str, Any], since: datetime) -> Ran:
    images = [item["image"] for item in revision.get("containerImages", ())]
    return Ran(revision["taskDefinition"], since, tuple(sorted(images)))


def _releases(rollouts: list[Ran], current: str) -> list[Ran]:
    """With the current one last, whose own rollout may not have gone well, or not yet."""
    if not rollouts or rollouts[-1].definition == current:
        return rollouts
    known = [ran for ran in rollouts if ran.definition == current]
    return [*rollouts, known[-1] if known else Ran(current, rollouts[-1].since)]


class _Contents:
    """Tells which revisions say the same; each is asked for once, and only where it may be so."""

    def __init__(self, stage: DeployedStage) -> None:
        self._stage = stage
        self._known: dict[str, dict[str, Any] | None] = {}

    def same(self, one: Ran, other: Ran) -> bool:
        """Whether a rollout of either brings the same tasks."""
        if one.definition == other.definition:
            return True
        if one.images and other.images and one.images != other.images:
            return False
        first, second = self._of(one.definition), self._of(other.definition)
        return first is not None and second is not None and not differences(first, second)

    def _of(self, definition: str) -> dict[str, Any] | None:
        if definition not in self._known:
            self._known[definition] = self._stage.kept_definition(definition)
        return self._known[definition]
