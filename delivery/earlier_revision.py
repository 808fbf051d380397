"""Takes a finished update back: what is deployed, with an earlier revision's values in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from delivery.deploy import Wish, carry_out, make_plan
from delivery.deploying.agreement import Confirm, agreed
from delivery.deploying.deployed import DeployedStage, ServiceAddress, revision_of
from delivery.deploying.going_back import CannotGoBack, Difference, differences, with_revision
from delivery.deploying.images import image_name
from delivery.deploying.news import Level, News, Teller
from delivery.deploying.outcome import Outcome
from delivery.deploying.reissue import reissue
from delivery.deploying.revisions import History, Ran, history_of
from delivery.deploying.rollout import in_progress
from delivery.deploying.runs import Run
from delivery.deploying.traffic import planned_minutes
from delivery.deploying.ways_back import READ
from delivery.errors import DeliveryError
from operations.account import CouldNotAsk, NoCredentials
from operations.stack_states import may_be_updated, obstacle

# The id of the stack that has the service, in the assembly.
STACK: Final = "Inference"
_IMAGE_GONE: Final = ("ImageNotFoundException", "RepositoryNotFoundException")


@dataclass(frozen=True, slots=True)
class Step:
    """From the revision that runs to what another one was."""

    service: dict[str, Any]
    chosen: Ran
    skipped: tuple[Ran, ...]
    """What ran since the chosen one and was taken back already; naming one brings it again."""
    then: dict[str, Any]
    """What the chosen one says."""
    found: list[Difference]

    @property
    def now(self) -> str:
        """The number of the revision that runs."""
        return revision_of(self.service["taskDefinition"])


def deploy_earlier(
    wish: Wish,
    run: Run,
    stage: DeployedStage,
    teller: Teller,
    confirm: Confirm,
    *,
    to: str,
    decline: Callable[[], Outcome],
) -> Outcome:
    """Show what would change, ask, and deploy it; `decline` is the end where somebody says no.

    Raises DeliveryError, `CannotGoBack`, or `CouldNotAsk`.
    """
    _require_rest(stage)
    step = _step(stage, to=to)
    template = with_revision(stage.template(stage.stack_name()), step.found)
    for sentence in (*_sentences(step), *map(str, step.found)):
        teller.tell(News("plan", sentence))
    for doubt in _doubts(stage, step):
        teller.tell(News("plan", doubt, Level.WARNING))
    if not agreed(teller, confirm, stage=stage.name):
        return decline()
    plan = make_plan(wish, run)
    assembly = reissue(plan.assembly, STACK, template, run.folder / "reissued")
    done = f"runs what revision {step.chosen.revision} was"
    plan = replace(plan, assembly=assembly, stacks=(STACK,), done=done, remedy=READ)
    return carry_out(plan, teller)


def _require_rest(stage: DeployedStage) -> None:
    """The stack takes an update, and no rollout goes on that would be overtaken."""
    stack = stage.stack(stage.stack_name())
    if stack is None:
        raise DeliveryError(f"rollback: stage {stage.name} has no service")
    state = str(stack["StackStatus"])
    if not may_be_updated(state):
        todo = obstacle(stack, stage=stage.name) or "nothing ran before its first deploy"
        raise DeliveryError(f"rollback: {stack['StackName']} is {state}; {todo}")


def _step(stage: DeployedStage, *, to: str) -> Step:
    service = stage.current_service()
    if service is None:
        raise DeliveryError(f"rollback: stage {stage.name} has no service")
    _refuse_rollout(service)
    current = service["taskDefinition"]
    history = history_of(stage, ServiceAddress.of(service["serviceArn"]), current)
    chosen = _chosen(stage, history, current, to=to)
    then = stage.kept_definition(chosen.definition)
    if then is None:
        raise CannotGoBack(f"revision {chosen.revision} was deleted; deploy an earlier commit")
    found = differences(stage.task_definition(current), then)
    if not found:
        raise CannotGoBack(
            f"revision {chosen.revision} says the same as {revision_of(current)}, which runs; name "
            "another one with TO="
        )
    later = [ran for ran in history.ran if ran.since > chosen.since and not to]
    return Step(service, chosen, _others(stage, later, current), then, found)


def _others(stage: DeployedStage, revisions: list[Ran], current: str) -> tuple[Ran, ...]:
    """Those that can be had and say something else than the current one."""
    runs = stage.task_definition(current)
    kept = ((ran, stage.kept_definition(ran.definition)) for ran in revisions)
    return tuple(ran for ran, then in kept if then is not None and differences(runs, then))


def _refuse_rollout(service: dict[str, Any]) -> None:
    """CloudFormation is at rest: somebody has begun it beside CloudFormation."""
    wanted = service["deployments"][0]
    if in_progress(wanted):
        arn = service.get("currentServiceDeployment")
        stop = "aws ecs stop-service-deployment --service-deployment-arn"
        way = f", or have ECS take it back: {stop} {arn}" if arn else ""
        raise CannotGoBack(
            f"revision {revision_of(wanted['taskDefinition'])} is being rolled out, and not by an "
            f"update of the stack; wait for its end{way}"
        )


def _chosen(stage: DeployedStage, history: History, current: str, *, to: str) -> Ran:
    if not history.ran:
        raise CannotGoBack("ECS knows of no other revision that has run; deploy an earlier commit")
    known = ", ".join(ran.revision for ran in history.ran)
    if not to and history.before:
        return history.before[0]
    if not to:
        others = ", ".join(ran.revision for ran in _others(stage, history.ran, current))
        name_one = f"name one of {others} with TO=, or " if others else ""
        raise CannotGoBack(
            "what ran before says the same, or was taken back already; "
            f"{name_one}deploy an earlier commit"
        )
    for ran in history.ran:
        if ran.revision == to:
            return ran
    raise DeliveryError(
        f"TO: got '{to}'; revision {revision_of(current)} runs, and these have run: {known}"
    )


def _doubts(stage: DeployedStage, step: Step) -> Iterator[str]:
    """What could not be seen of the images. Raises `CannotGoBack` where one is gone."""
    for container in step.then["containerDefinitions"]:
        try:
            _require_image(stage, container["image"])
        except NoCredentials:
            raise
        except CouldNotAsk as error:
            yield f"whether {container['image']} is still there cannot be seen: {error}"


def _require_image(stage: DeployedStage, text: str) -> None:
    """Of ECR in this region; whether another registry still has an image, it alone knows."""
    image = image_name(text)
    if image.ecr is None or image.ecr[1] != stage.account.region:
        return
    answer = stage.account.ask(
        "ecr",
        "DescribeImages",
        absent=_IMAGE_GONE,
        registryId=image.ecr[0],
        repositoryName=image.repository,
        imageIds=[image.image_id],
    )
    if answer is None:
        raise CannotGoBack(
            f"{text} is not in its repository any more; deploy the commit that it was built from"
        )


def _sentences(step: Step) -> Iterator[str]:
    chosen = step.chosen
    yield (
        f"service {step.service['serviceArn'].rpartition('/')[2]}: from revision {step.now} to "
        f"what revision {chosen.revision} was, which ran since {chosen.since:%F %H:%M}"
    )
    if step.skipped:
        names = ", ".join(ran.revision for ran in step.skipped)
        yield f"what ran in between was taken back already: {names}; TO= brings one of them"
    yield (
        "CloudFormation registers it as a new revision; nothing but the task definition changes, "
        "and the next deploy brings back what the repository says"
    )
    if minutes := planned_minutes(step.service):
        yield (
            f"ECS moves the requests as in any rollout, with {minutes} minutes of steps and bake; "
            "the present tasks serve until then"
        )
