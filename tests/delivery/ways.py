"""Stage dev on its way back: what the verb's parts ask, whom, and what somebody answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from delivery import earlier_revision, rollback, taking_back
from delivery.assemblies import Assembly
from delivery.deploy import Plan, Wish
from delivery.deploying.outcome import Outcome
from delivery.deploying.runs import Run
from infra.stage_files import load_stage
from operations.preflight.finding import Subject
from operations.stage import SynthesisedStage
from tests.delivery.deploying.account import FakeAccount, Listener
from tests.delivery.deploying.ecs import SERVICE, WHEN, definition, deployment, service
from tests.delivery.formation import Formation

REGISTRY = "123456789012.dkr.ecr.us-east-1.amazonaws.com/llm-on-ecs-dev"
OPERATIONS = ("CancelUpdateStack", "ContinueUpdateRollback", "RollbackStack")


def account(formation: Formation, **changes: Any) -> FakeAccount:
    """With the stacks, and a service at rest that runs revision 2 and ran 1 before."""
    resource = {
        "ResourceType": "AWS::ECS::Service",
        "LogicalResourceId": "Service",
        "PhysicalResourceId": SERVICE,
    }
    answers: dict[str, Any] = formation.answers | {
        "ListStackResources": [resource],
        "DescribeServices": {"services": [service(deployment(2), loadBalancers=[])]},
        "ListTasks": [],
        "DescribeTasks": {"tasks": []},
        "DescribeAlarms": {},
        "DescribeTaskDefinition": described,
        "DescribeImages": {"imageDetails": [{}]},
        "GetTemplate": {"TemplateBody": template()},
        **dict.fromkeys(OPERATIONS, lambda StackName: goes_back(formation, StackName)),
        **history(1, 2),
    }
    return FakeAccount(**(answers | changes))


def goes_back(formation: Formation, name: str) -> dict[str, Any]:
    """CloudFormation does what it is asked, at once."""
    formation.becomes(name, "UPDATE_ROLLBACK_COMPLETE")
    return {}


def history(*revisions: int) -> dict[str, Any]:
    """Rollouts of these went well, the first one first."""
    arns = [f"revision/{at}" for at in range(len(revisions))]
    return {
        "ListServiceDeployments": {
            "serviceDeployments": [
                {"targetServiceRevisionArn": arn, "createdAt": WHEN.replace(minute=at)}
                for at, arn in enumerate(arns)
            ]
        },
        "DescribeServiceRevisions": {
            "serviceRevisions": [
                {"serviceRevisionArn": arn, "taskDefinition": definition(number)}
                for arn, number in zip(arns, revisions, strict=True)
            ]
        },
    }


def described(taskDefinition: str) -> dict[str, Any]:
    """Each revision has an image of its own."""
    return saying(f"{REGISTRY}:{taskDefinition.rpartition(':')[2]}")


def saying(image: str) -> dict[str, Any]:
    """The answer that has a revision with this image."""
    return {"taskDefinition": {"containerDefinitions": [{"name": "service", "image": image}]}}


def template() -> dict[str, Any]:
    container = {"Name": "service", "Image": {"Fn::Sub": "${AWS::AccountId}/llm-on-ecs-dev:2"}}
    properties = {"ContainerDefinitions": [container]}
    task = {"Type": "AWS::ECS::TaskDefinition", "Properties": properties}
    owner = {"Type": "AWS::ECS::Service", "Properties": {"TaskDefinition": {"Ref": "Task"}}}
    return {"Resources": {"Task": task, "Service": owner}}


class Ways:
    """Takes stage dev back; nothing is synthesised, deployed, asked of a person or waited for."""

    def __init__(self, patch: pytest.MonkeyPatch, folder: Path) -> None:
        self._patch = patch
        self._folder = folder
        self.agrees = True
        self.answers: list[bool] = []
        """What is answered first, before it is `agrees`."""
        self.synthesises = False
        """Whether a plan is made as always."""
        self.proved: list[str] = []
        """What the smoke test was to prove."""
        self.carried_out: list[Plan] = []
        self.templates: list[dict[str, Any]] = []
        """What would be deployed."""
        patch.setattr(taking_back, "POLL_SECONDS", 0)
        patch.setattr(taking_back, "prove_it", self._prove)
        patch.setattr(earlier_revision, "carry_out", self._carry_out)
        patch.setattr(earlier_revision, "reissue", self._reissue)

    def back(
        self, asked: FakeAccount, *, to: str = "", pinned: str | None = None
    ) -> tuple[Outcome, Listener]:
        """The verb's outcome and what it told; `pinned` is the account in the stage's file."""
        settings, told = load_stage("dev"), Listener()
        pin = settings.deploy.model_copy(update={"account": pinned})
        settings = settings.model_copy(update={"deploy": pin})
        self._patch.setattr(rollback, "open_stage", lambda _: (settings, asked))
        self._patch.setattr(rollback, "new_run", lambda *_: _Run(self._folder))
        stage = SynthesisedStage(settings, {}, None, builds_image=False)
        plan = Plan(
            wish=Wish("dev"),
            settings=settings,
            assembly=Assembly(self._folder),
            stacks=(),
            subject=Subject(stage, asked),
            run=Run("rollback-dev", self._folder),
        )
        if not self.synthesises:
            self._patch.setattr(earlier_revision, "make_plan", lambda *_: plan)
        outcome = rollback.roll_back(Wish("dev"), told, confirm=self._confirm, to=to)
        return outcome, told

    def _confirm(self, _: str) -> bool:
        return self.answers.pop(0) if self.answers else self.agrees

    def _prove(self, _plan: Plan, _teller: Listener, text: str, **_: object) -> Outcome:
        self.proved.append(text)
        return Outcome.DONE

    def _reissue(
        self, assembly: Assembly, _stack: str, template: dict[str, Any], _into: Path
    ) -> Assembly:
        self.templates.append(template)
        return assembly

    def _carry_out(self, plan: Plan, _: Listener) -> Outcome:
        self.carried_out.append(plan)
        return Outcome.DONE


class _Run:
    """A run as a context, in the test's own folder."""

    def __init__(self, folder: Path) -> None:
        self._run = Run("rollback-dev", folder)

    def __enter__(self) -> Run:
        return self._run

    def __exit__(self, *_: object) -> None:
        pass
