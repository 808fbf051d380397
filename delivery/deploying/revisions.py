"""The revisions of the task definition that the service has run, by ECS's own record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from delivery.deploying.deployed import DeployedStage, ServiceAddress


@dataclass(frozen=True, slots=True)
class Ran:
    """A revision, and when its last rollout that went well began."""

    definition: str
    since: datetime

    @property
    def revision(self) -> str:
        """Its number in the family."""
        return self.definition.rpartition(":")[2]


def ran_before(stage: DeployedStage, address: ServiceAddress, current: str) -> list[Ran]:
    """What ran before the `current` task definition, the last one first; each of them once.

    A revision whose rollout failed, or was taken back, never ran: it is not among them.
    """
    deployments = stage.finished_deployments(address)
    arns = [item["targetServiceRevisionArn"] for item in deployments]
    revisions = stage.service_revisions(list(dict.fromkeys(arns)))
    found: dict[str, Ran] = {}
    for deployment, definition in _with_definitions(deployments, revisions):
        if definition != current:
            found.setdefault(definition, Ran(definition, deployment["createdAt"]))
    return list(found.values())


def _with_definitions(
    deployments: list[dict[str, Any]], revisions: dict[str, dict[str, Any]]
) -> Iterator[tuple[dict[str, Any], str]]:
    for deployment in deployments:
        revision = revisions.get(deployment["targetServiceRevisionArn"])
        if revision is not None:
            yield deployment, revision["taskDefinition"]
