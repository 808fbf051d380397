"""How a deployed stage stands: what runs, how well, since when, and what it has cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from delivery.deploying.costs import Cost, cost_so_far
from delivery.deploying.deployed import URL, DeployedStage, ServiceAddress
from delivery.deploying.news import Generation
from delivery.deploying.rollout import generations
from delivery.deploying.stage_alarms import FIRING, stage_alarms
from operations.account import CouldNotAsk
from operations.stacks import outputs

# Variables of the container: the seam's (infra/container_env.py).
MODEL: Final = "LLM_MODEL_NAME"
MODEL_PATH: Final = "LLM_MODEL_PATH"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Image:
    """What the wanted tasks run. The digest is what the running ones have pulled."""

    name: str
    tag: str
    digests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """Each part is None where it could not be seen: `unseen` says why."""

    stage: str
    account: str | None
    region: str | None
    stacks: Mapping[str, str]
    deployed_at: datetime | None = None
    endpoint: str | None = None
    service: str | None = None
    desired: int | None = None
    generations: tuple[Generation, ...] | None = None
    image: Image | None = None
    model: Mapping[str, str] | None = None
    targets: Mapping[str, Mapping[str, int]] | None = None
    alarms: Mapping[str, str] | None = None
    """The state of each, by name."""
    cost: Cost | None = None
    unseen: tuple[str, ...] = field(default=())


class Looking:
    """Looks at one part after the other; one that may not be seen is noted, and no more."""

    def __init__(self) -> None:
        self.unseen: list[str] = []

    def part(self, name: str, look: Callable[[], T]) -> T | None:
        """What `look` sees, or None."""
        try:
            return look()
        except CouldNotAsk as error:
            self.unseen.append(f"{name}: {error}")
            return None


def look_at(stage: DeployedStage, *, keep_cost_in: Path | None, ask_cost: bool = True) -> Standing:
    """Everything. Raises `CouldNotAsk` where not even the stacks may be seen."""
    look = Looking()
    stacks = stage.stacks()
    main = stacks.get(stage.stack_name())
    known: dict[str, Any] = {}
    if main is not None:
        known |= {"deployed_at": _changed(main), "endpoint": outputs(main).get(URL)}
        known |= look.part("service", lambda: _service(stage, look)) or {}
        known["alarms"] = look.part("alarms", lambda: _alarms(stage))
        since = min(item["CreationTime"] for item in stacks.values())
        known["cost"] = look.part(
            "cost", lambda: cost_so_far(stage, since, keep_in=keep_cost_in, ask=ask_cost)
        )
    identity = look.part("account", lambda: stage.account.ask("sts", "GetCallerIdentity"))
    return Standing(
        stage=stage.name,
        account=identity["Account"] if identity else None,
        region=stage.account.region,
        stacks={name: item["StackStatus"] for name, item in stacks.items()},
        unseen=tuple(look.unseen),
        **known,
    )


def _changed(stack: Mapping[str, Any]) -> datetime:
    changed: datetime = stack.get("LastUpdatedTime") or stack["CreationTime"]
    return changed


def _service(stage: DeployedStage, look: Looking) -> dict[str, Any]:
    service = stage.current_service()
    if service is None:
        return {}
    address = ServiceAddress.of(service["serviceArn"])
    definition = look.part(
        "task definition", lambda: stage.task_definition(service["taskDefinition"])
    )
    tasks = look.part("tasks", lambda: stage.tasks(address, stopped=False)) or []
    return {
        "service": f"{address.cluster}/{address.name}",
        "desired": service["desiredCount"],
        "generations": generations(service),
        "image": _image(definition, tasks) if definition else None,
        "model": _model(definition) if definition else None,
        "targets": look.part("targets", lambda: _targets(stage, service)),
    }


def _image(definition: Mapping[str, Any], tasks: list[dict[str, Any]]) -> Image:
    name, _, tag = definition["containerDefinitions"][0]["image"].rpartition(":")
    digests = {
        container["imageDigest"]
        for task in tasks
        if task["taskDefinitionArn"] == definition["taskDefinitionArn"]
        for container in task.get("containers", ())
        if container.get("imageDigest")
    }
    return Image(name, tag, tuple(sorted(digests)))


def _model(definition: Mapping[str, Any]) -> dict[str, str]:
    container = definition["containerDefinitions"][0]
    values = {item["name"]: item["value"] for item in container.get("environment", ())}
    return {"name": values.get(MODEL, ""), "path": values.get(MODEL_PATH, "")}


def _targets(stage: DeployedStage, service: dict[str, Any]) -> dict[str, dict[str, int]]:
    """How many targets are in each state, by the container's port and the group's name."""
    ports = {item["targetGroupArn"]: item["containerPort"] for item in service["loadBalancers"]}
    return {
        f"port {ports[arn]}, {arn.split('/')[-2]}": dict(
            Counter(item["TargetHealth"]["State"] for item in group)
        )
        for arn, group in stage.targets(service).items()
    }


def _alarms(stage: DeployedStage) -> dict[str, str]:
    return {alarm["AlarmName"]: alarm["StateValue"] for alarm in stage_alarms(stage)}


def is_well(standing: Standing) -> bool:
    """Whether nothing that was seen asks for somebody."""
    firing = FIRING in (standing.alarms or {}).values()
    wanted = (standing.generations or (None,))[0]
    running = wanted is not None and wanted.running >= wanted.desired
    return running and not firing
