"""Takes a stage back: an update in progress to where it began, a finished one a revision back."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from delivery.deploy import Plan, Wish, beginning, carry_out, make_plan, prove_it, watch_of
from delivery.deploying.deployed import DeployedStage, ServiceAddress
from delivery.deploying.going_back import CannotGoBack, differences, with_revision
from delivery.deploying.guards import require_place
from delivery.deploying.news import Level, News, Teller
from delivery.deploying.outcome import Outcome, result
from delivery.deploying.reissue import reissue
from delivery.deploying.revisions import History, Ran, history_of
from delivery.deploying.runs import new_run
from delivery.deploying.watch import POLL_SECONDS, Overdue, Watch
from delivery.errors import DeliveryError
from operations.account import CouldNotAsk
from operations.stack_states import WENT_BACK, is_busy

# The id of the stack that has the service, in the assembly.
STACK: Final = "Inference"
_IMAGE_GONE: Final = ("ImageNotFoundException", "RepositoryNotFoundException")


@dataclass(frozen=True, slots=True)
class Way:
    """What would be done, and the operation of CloudFormation that does it."""

    sentences: tuple[str, ...]
    operation: str


# By the stack's state. None of them is a deploy: CloudFormation knows where to go.
WAYS: Final = {
    "UPDATE_IN_PROGRESS": Way(
        (
            "the update in progress is cancelled",
            "CloudFormation takes every resource back to what it was before; ECS starts tasks of "
            "the earlier revision beside those that run, and then ends the others",
        ),
        "CancelUpdateStack",
    ),
    "UPDATE_ROLLBACK_FAILED": Way(
        (
            "CloudFormation goes on where it could not go back",
            "the resource that stopped it has to be mended before",
        ),
        "ContinueUpdateRollback",
    ),
    "UPDATE_FAILED": Way(
        ("CloudFormation takes the update back that has failed and was left as it was",),
        "RollbackStack",
    ),
}

Confirm = Callable[[str], bool]


def roll_back(
    stage: str, teller: Teller, *, confirm: Confirm, to: str = "", url: str = "", grpc_url: str = ""
) -> Outcome:
    """Show what would be done, ask, do it, and watch it to its end. Raises DeliveryError.

    `to` is the number of a revision; by default the one that ran before.
    """
    with new_run("rollback", stage) as run:
        plan = make_plan(Wish(stage, url=url, grpc_url=grpc_url), run)
        require_place(plan.subject)
        return _back(plan, teller, confirm, to=to)


def _back(plan: Plan, teller: Teller, confirm: Confirm, *, to: str) -> Outcome:
    stage = plan.wish.stage
    deployed = DeployedStage(plan.subject.account, stage)
    try:
        stack = deployed.stack(deployed.stack_name())
        if stack is None:
            raise DeliveryError(
                f"STAGE: got '{stage}', which is not deployed; there is no way back"
            )
        state = str(stack["StackStatus"])
        if state in WAYS:
            return _take_back(plan, deployed, WAYS[state], teller, confirm)
        if is_busy(state):
            return _wait(plan, deployed, state, teller)
        return _reissue(plan, deployed, teller, confirm, to=to)
    except (CouldNotAsk, CannotGoBack) as error:
        raise DeliveryError(f"rollback: {error}") from None


def _agreed(sentences: list[str], teller: Teller, confirm: Confirm, *, stage: str) -> bool:
    for sentence in sentences:
        teller.tell(News("plan", sentence))
    if confirm(f"Take stage {stage} back?"):
        return True
    teller.tell(result(Outcome.REFUSED, "nothing was changed", Level.WARNING))
    return False


def _take_back(
    plan: Plan, deployed: DeployedStage, way: Way, teller: Teller, confirm: Confirm
) -> Outcome:
    name = deployed.stack_name()
    sentences = [f"{name}: {sentence}" for sentence in way.sentences]
    if not _agreed(sentences, teller, confirm, stage=deployed.name):
        return Outcome.REFUSED
    watch = watch_of(plan, teller)
    watch.mark()
    teller.tell(beginning(plan, f"asks CloudFormation for {way.operation} of {name}"))
    deployed.account.ask("cloudformation", way.operation, StackName=name)
    return _watch_back(plan, deployed, teller, watch)


def _wait(plan: Plan, deployed: DeployedStage, state: str, teller: Teller) -> Outcome:
    """CloudFormation is at work: on its way back, or on what has nothing before it."""
    teller.tell(News("plan", f"{deployed.stack_name()} is {state}; it is watched to its end"))
    watch = watch_of(plan, teller)
    watch.mark()
    return _watch_back(plan, deployed, teller, watch)


def _watch_back(plan: Plan, deployed: DeployedStage, teller: Teller, watch: Watch) -> Outcome:
    name, stage = deployed.stack_name(), deployed.name
    try:
        state = _settled(deployed, watch)
    except Overdue as error:
        text = f"{error}; AWS goes on: make status STAGE={stage}"
        teller.tell(result(Outcome.OVERDUE, text, Level.BAD))
        return Outcome.OVERDUE
    if state.endswith("_FAILED"):
        text = f"{name} is {state}: read docs/runbook.md#a-deploy-fails"
        teller.tell(result(Outcome.FAILED, text, Level.BAD))
        return Outcome.FAILED
    if state == WENT_BACK:
        return prove_it(plan, teller, f"{stage} is back where it was before the update")
    teller.tell(result(Outcome.DONE, f"{name} is {state}", Level.WARNING))
    return Outcome.DONE


def _settled(deployed: DeployedStage, watch: Watch) -> str:
    """The stack's state when CloudFormation has done with it. Raises `Overdue`."""
    while True:
        stack = deployed.stack(deployed.stack_name())
        state = str(stack["StackStatus"]) if stack else "gone"
        watch.poll()  # after the question, so that what led to the answer is told
        if not is_busy(state):
            return state
        time.sleep(POLL_SECONDS)


def _reissue(
    plan: Plan, deployed: DeployedStage, teller: Teller, confirm: Confirm, *, to: str
) -> Outcome:
    """Deploy what is deployed, with an earlier revision's values in its task definition."""
    service = deployed.current_service()
    if service is None:
        raise DeliveryError(f"rollback: stage {deployed.name} has no service")
    address = ServiceAddress.of(service["serviceArn"])
    current = service["taskDefinition"]
    chosen = _chosen(history_of(deployed, address, current), current, to=to)
    then = deployed.task_definition(chosen.definition)
    found = differences(deployed.task_definition(current), then)
    _check_image(deployed, then)
    template = with_revision(deployed.template(deployed.stack_name()), found)
    sentences = _sentences(current, chosen, address)
    if not _agreed([*sentences, *map(str, found)], teller, confirm, stage=deployed.name):
        return Outcome.REFUSED
    assembly = reissue(plan.assembly, STACK, template, plan.run.folder / "reissued")
    done = f"runs what revision {chosen.revision} was"
    return carry_out(replace(plan, assembly=assembly, stacks=(STACK,), done=done), teller)


def _chosen(history: History, current: str, *, to: str) -> Ran:
    if not history.ran:
        raise DeliveryError(
            "rollback: ECS knows of no other revision that has run; deploy an earlier commit"
        )
    known = ", ".join(ran.revision for ran in history.ran)
    if not to and history.before:
        return history.before[0]
    if not to:
        raise DeliveryError(
            f"rollback: what ran before was taken back already; name one of {known} with TO=, or "
            "deploy an earlier commit"
        )
    for ran in history.ran:
        if ran.revision == to:
            return ran
    now = current.rpartition(":")[2]
    raise DeliveryError(f"TO: got '{to}'; revision {now} runs, and these have run: {known}")


def _check_image(deployed: DeployedStage, definition: dict[str, Any]) -> None:
    """Of our own repository; whether another registry still has an image, it alone knows."""
    for container in definition["containerDefinitions"]:
        registry, _, name = container["image"].partition("/")
        repository, _, tag = name.rpartition(":")
        if ".dkr.ecr." not in registry or not repository:
            continue
        answer = deployed.account.ask(
            "ecr",
            "DescribeImages",
            absent=_IMAGE_GONE,
            repositoryName=repository,
            imageIds=[{"imageTag": tag}],
        )
        if answer is None:
            raise CannotGoBack(
                f"{container['image']} is not in its repository any more; deploy the commit that "
                "it was built from"
            )


def _sentences(current: str, chosen: Ran, address: ServiceAddress) -> list[str]:
    now = current.rpartition(":")[2]
    return [
        f"service {address.name}: from revision {now} to what revision {chosen.revision} was, "
        f"which ran since {chosen.since:%F %H:%M}",
        "CloudFormation registers it as a new revision; nothing but the task definition changes, "
        "and the next deploy brings back what the repository says",
    ]
