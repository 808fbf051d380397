"""How a deployed stage stands: what runs, how well, since when, and what it has cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from delivery.deploying.costs import Cost, cost_so_far
from delivery.deploying.deployed import URL, DeployedStage, ServiceAddress, target_groups
from delivery.deploying.images import image_name
from delivery.deploying.news import Generation
from delivery.deploying.rollout import generations
from delivery.deploying.stage_alarms import FIRING, stage_alarms
from delivery.deploying.traffic import shares, shift_of
from operations.account import CouldNotAsk
from operations.stack_states import FAILED_FIRST, WENT_THROUGH
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
    """Empty where it is named by its digest."""
    digests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TargetGroup:
    """One group of the load balancer's; a port may have two, and its tasks be in either."""

    name: str
    port: int | None
    """The container's."""
    states: Mapping[str, int]
    """How many targets are in each state."""
    percent: float | None = None
    """Of the requests, where two groups divide them."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Each part is None where it could not be seen: `unseen` says why."""

    stage: str
    account: str | None
    region: str | None
    stacks: Mapping[str, str]
    deployed_at: datetime | None = None
    update_began_at: datetime | None = None
    """Of the last update, where it has not gone through, or was taken back: CloudFormation has the
    time of that one alone."""
    endpoint: str | None = None
    service: str | None = None
    desired: int | None = None
    generations: tuple[Generation, ...] | None = None
    image: Image | None = None
    model: Mapping[str, str] | None = None
    targets: tuple[TargetGroup, ...] | None = None
    shift: str | None = None
    """How far a rollout with two fleets has moved the requests."""
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
        known |= _changed(main) | {"endpoint": outputs(main).get(URL)}
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


def _changed(stack: Mapping[str, Any]) -> dict[str, datetime]:
    """CloudFormation has the time of the last update, whatever became of it."""
    name = "deployed_at" if stack["StackStatus"] in WENT_THROUGH else "update_began_at"
    return {name: stack.get("LastUpdatedTime") or stack["CreationTime"]}


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
        "targets": look.part("targets", lambda: _targets(stage, service, look)),
        "shift": look.part("the shift of requests", lambda: _shift(stage, service)),
    }


def _image(definition: Mapping[str, Any], tasks: list[dict[str, Any]]) -> Image:
    image = image_name(definition["containerDefinitions"][0]["image"])
    digests = {
        container["imageDigest"]
        for task in tasks
        if task["taskDefinitionArn"] == definition["taskDefinitionArn"]
        for container in task.get("containers", ())
        if container.get("imageDigest")
    }
    return Image(image.name, image.tag, tuple(sorted(digests)))


def _model(definition: Mapping[str, Any]) -> dict[str, str]:
    container = definition["containerDefinitions"][0]
    values = {item["name"]: item["value"] for item in container.get("environment", ())}
    return {"name": values.get(MODEL, ""), "path": values.get(MODEL_PATH, "")}


def _targets(
    stage: DeployedStage, service: Mapping[str, Any], look: Looking
) -> tuple[TargetGroup, ...]:
    percent = look.part("who gets the requests", lambda: shares(stage, service)) or {}
    ports = target_groups(service)
    return tuple(
        TargetGroup(
            name=arn.split("/")[-2],
            port=ports[arn],
            states=dict(Counter(item["TargetHealth"]["State"] for item in group)),
            percent=percent.get(arn),
        )
        for arn, group in stage.targets(service).items()
    )


def _shift(stage: DeployedStage, service: Mapping[str, Any]) -> str | None:
    shift = shift_of(stage, service)
    return str(shift) if shift else None


def _alarms(stage: DeployedStage) -> dict[str, str]:
    return {alarm["AlarmName"]: alarm["StateValue"] for alarm in stage_alarms(stage)}


def ailments(standing: Standing) -> list[str]:
    """What asks for somebody, each in words: also what would say so and was not seen."""
    if not standing.stacks:
        return ["nothing is deployed"]
    return [
        *(f"{name} is {state}" for name, state in standing.stacks.items() if _is_lost(state)),
        *_ailments_of_service(standing),
        *_ailments_of_alarms(standing),
    ]


def _is_lost(state: str) -> bool:
    """Whether CloudFormation has stopped where it should not stay."""
    return state.endswith("_FAILED") or state in FAILED_FIRST


def _ailments_of_service(standing: Standing) -> Iterator[str]:
    if standing.generations is None:
        yield "no service was seen"
        return
    wanted = standing.generations[0]
    if wanted.desired == 0:
        yield "no task is wanted"
    if wanted.rollout == "FAILED":
        yield f"the rollout of revision {wanted.revision} failed"
    if wanted.running < wanted.desired:
        yield f"{wanted.running} of {wanted.desired} tasks run"
    if standing.targets is None:
        yield "the targets' health was not seen"
        return
    healthy: Counter[int | None] = Counter()
    for group in standing.targets:
        count = group.states.get("healthy", 0)
        healthy[group.port] += count
        if group.percent and not count:
            yield f"{group.name} gets {group.percent:g} % of the requests and has no healthy task"
    for port, count in healthy.items():
        if count < wanted.desired:
            yield f"port {port}: {count} of {wanted.desired} tasks are healthy"


def _ailments_of_alarms(standing: Standing) -> Iterator[str]:
    if standing.alarms is None:
        yield "the alarms were not seen"
    for name, state in (standing.alarms or {}).items():
        if state == FIRING:
            yield f"alarm {name} is on"
