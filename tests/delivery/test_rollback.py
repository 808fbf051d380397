"""The way back from each state of the stack; nothing happens before somebody has agreed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from delivery import deploy, outputs, rollback
from delivery.assemblies import Assembly
from delivery.deploy import Plan, Wish
from delivery.deploying.outcome import Outcome
from delivery.deploying.proving import Proof
from delivery.deploying.runs import Run
from delivery.endpoint import Endpoint
from delivery.errors import DeliveryError
from infra.stage_files import load_stage
from operations.account import CouldNotAsk
from operations.preflight.finding import Subject
from operations.stage import SynthesisedStage
from tests.delivery.deploying.account import FakeAccount, Listener
from tests.delivery.deploying.ecs import SERVICE, WHEN, definition, deployment, service

NAME = "llm-on-ecs-dev-inference"
Back = Callable[..., tuple[Outcome, Listener]]


class Stack:
    """A stack whose state is what the test says, and changes when CloudFormation is asked to."""

    def __init__(
        self,
        state: str,
        then: str = "UPDATE_ROLLBACK_COMPLETE",
        outputs: dict[str, str] | None = None,
    ) -> None:
        self.state = state
        self._then = then
        self._outputs = [
            {"OutputKey": key, "OutputValue": value} for key, value in (outputs or {}).items()
        ]

    def describe(self, **_: Any) -> dict[str, Any]:
        described = {"StackName": NAME, "StackStatus": self.state, "Outputs": self._outputs}
        return {"Stacks": [described]}

    def go_back(self, **_: Any) -> None:
        self.state = self._then


def account(stack: Stack, **changes: Any) -> FakeAccount:
    resource = {"ResourceType": "AWS::ECS::Service", "PhysicalResourceId": SERVICE}
    described = service(deployment(2))
    described["loadBalancers"] = []
    answers: dict[str, Any] = {
        "GetCallerIdentity": {"Account": "123456789012", "Arn": "arn:role/ann"},
        "DescribeStacks": stack.describe,
        "DescribeStackEvents": {"StackEvents": []},
        "ListStackResources": [resource],
        "DescribeServices": {"services": [described]},
        "ListTasks": [],
        "DescribeTasks": {"tasks": []},
        "CancelUpdateStack": stack.go_back,
        "ContinueUpdateRollback": stack.go_back,
        "RollbackStack": stack.go_back,
        "ListServiceDeployments": {"serviceDeployments": []},
    }
    return FakeAccount(**(answers | changes))


@pytest.fixture
def proved(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the smoke test is asked to prove, which passes."""
    texts: list[str] = []

    def prove(_plan: Plan, _teller: Listener, text: str, **_: object) -> Outcome:
        texts.append(text)
        return Outcome.DONE

    monkeypatch.setattr(rollback, "prove_it", prove)
    return texts


@pytest.fixture
def back(monkeypatch: pytest.MonkeyPatch, proved: list[str], tmp_path: Path) -> Back:
    """Takes stage dev back, which may be pinned to an account."""

    def run(
        asked: FakeAccount, *, agree: bool = True, account: str | None = None, **options: Any
    ) -> tuple[Outcome, Listener]:
        settings, told = load_stage("dev"), Listener()
        pinned = settings.deploy.model_copy(update={"account": account})
        settings = settings.model_copy(update={"deploy": pinned})
        subject = Subject(SynthesisedStage(settings, {}, None, builds_image=False), asked)
        (tmp_path / "manifest.json").write_text('{"artifacts": {}}')
        plan = Plan(
            Wish("dev"), settings, Assembly(tmp_path), (), subject, Run("rollback-dev", tmp_path)
        )
        monkeypatch.setattr(rollback, "make_plan", lambda *_: plan)
        monkeypatch.setattr(rollback, "POLL_SECONDS", 0)
        return rollback.roll_back("dev", told, confirm=lambda _: agree, **options), told

    return run


@pytest.mark.parametrize(
    ("state", "operation"),
    [
        ("UPDATE_IN_PROGRESS", "CancelUpdateStack"),
        ("UPDATE_ROLLBACK_FAILED", "ContinueUpdateRollback"),
        ("UPDATE_FAILED", "RollbackStack"),
    ],
)
def test_update_that_has_not_finished_is_taken_back_by_cloudformation(
    back: Back, proved: list[str], state: str, operation: str
) -> None:
    asked = account(Stack(state))
    outcome, _ = back(asked)
    assert outcome is Outcome.DONE
    assert operation in asked.asked
    assert proved == ["dev is back where it was before the update"]


@pytest.mark.parametrize("state", list(rollback.WAYS))
def test_nothing_is_done_before_somebody_agrees(back: Back, state: str) -> None:
    asked = account(Stack(state))
    outcome, told = back(asked, agree=False)
    assert outcome is Outcome.REFUSED
    assert not {way.operation for way in rollback.WAYS.values()} & set(asked.asked)
    assert told.texts[0].startswith(f"{NAME}: ")
    assert told.texts[-1] == "nothing was changed"


def test_stack_itself_says_where_the_endpoint_is_that_the_smoke_test_asks(
    back: Back, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What the last deploy from here was told is of another account, or out of date."""
    proved: list[str] = []

    def prove(endpoint: Endpoint, *_: object, **__: object) -> Proof:
        proved.append(endpoint.url)
        return Proof.COMPLETE

    stack = Stack("UPDATE_IN_PROGRESS", outputs={"Url": "https://example.org"})
    monkeypatch.setattr(outputs, "OUT", tmp_path)
    file = outputs.outputs_file("dev")
    file.parent.mkdir()
    file.write_text(json.dumps({NAME: {"Url": "https://old.example.org"}}))
    monkeypatch.setattr(deploy, "prove", prove)
    monkeypatch.setattr(rollback, "prove_it", deploy.prove_it)
    outcome, told = back(account(stack))
    assert (outcome, proved) == (Outcome.DONE, ["https://example.org"])
    assert told.news[-1].facts["url"] == "https://example.org"


def test_stack_on_its_way_back_is_watched_to_its_end(back: Back, proved: list[str]) -> None:
    stack = Stack("UPDATE_ROLLBACK_IN_PROGRESS")

    def targets(**_: Any) -> dict[str, Any]:
        stack.go_back()
        return {"services": []}

    outcome, _ = back(account(stack, DescribeServices=targets))
    assert outcome is Outcome.DONE
    assert len(proved) == 1


def test_stack_that_cannot_go_back_is_a_failure_with_what_to_read(back: Back) -> None:
    outcome, told = back(account(Stack("UPDATE_IN_PROGRESS", then="UPDATE_ROLLBACK_FAILED")))
    assert outcome is Outcome.FAILED
    assert "docs/runbook.md#a-deploy-fails" in told.texts[-1]


def test_stage_that_is_not_deployed_has_no_way_back(back: Back) -> None:
    with pytest.raises(DeliveryError, match="which is not deployed"):
        back(account(Stack(""), DescribeStacks=None))


def test_first_release_has_nothing_before_it(back: Back) -> None:
    with pytest.raises(DeliveryError, match="no other revision that has run"):
        back(account(Stack("UPDATE_COMPLETE")))


def with_history(**changes: Any) -> FakeAccount:
    """Revision 1 ran before 2, with another image."""
    deployments = [
        {"targetServiceRevisionArn": f"revision/{number}", "createdAt": WHEN} for number in (2, 1)
    ]
    revisions = [
        {"serviceRevisionArn": f"revision/{number}", "taskDefinition": definition(number)}
        for number in (2, 1)
    ]

    def describe(taskDefinition: str) -> dict[str, Any]:
        number = taskDefinition.rpartition(":")[2]
        image = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/llm-on-ecs-dev:{number}"
        return {"taskDefinition": {"containerDefinitions": [{"name": "service", "image": image}]}}

    image = {"Fn::Sub": "${AWS::AccountId}.dkr.ecr.us-east-1.amazonaws.com/llm-on-ecs-dev:2"}
    task = {
        "Type": "AWS::ECS::TaskDefinition",
        "Properties": {"ContainerDefinitions": [{"Name": "service", "Image": image}]},
    }
    owner = {"Type": "AWS::ECS::Service", "Properties": {"TaskDefinition": {"Ref": "Task"}}}
    answers: dict[str, Any] = {
        "ListServiceDeployments": {"serviceDeployments": deployments},
        "DescribeServiceRevisions": {"serviceRevisions": revisions},
        "DescribeTaskDefinition": describe,
        "DescribeImages": {"imageDetails": [{}]},
        "GetTemplate": {"TemplateBody": {"Resources": {"Task": task, "Service": owner}}},
    }
    return account(Stack("UPDATE_COMPLETE"), **(answers | changes))


def test_what_would_change_is_shown_before_anybody_is_asked(back: Back) -> None:
    outcome, told = back(with_history(), agree=False)
    assert outcome is Outcome.REFUSED
    assert "from revision 2 to what revision 1 was" in told.texts[0]
    registry = "123456789012.dkr.ecr.us-east-1.amazonaws.com/llm-on-ecs-dev"
    assert f"containerDefinitions.service.image: {registry}:2 -> {registry}:1" in told.texts


def test_image_that_is_gone_stops_the_way_back(back: Back) -> None:
    with pytest.raises(DeliveryError, match="is not in its repository any more"):
        back(with_history(DescribeImages=None))


def test_revision_that_never_ran_is_refused_with_those_that_did(back: Back) -> None:
    with pytest.raises(DeliveryError, match=r"got '7'; revision 2 runs, and these have run: 1"):
        back(with_history(), to="7")


@pytest.mark.parametrize(
    "identity",
    [{"Account": "999999999999", "Arn": "arn:role/eve"}, CouldNotAsk("sts did not answer")],
    ids=["another", "not known"],
)
def test_nothing_is_taken_back_in_an_account_that_may_not_be_meant(
    back: Back, identity: Any
) -> None:
    asked = account(Stack("UPDATE_IN_PROGRESS"), GetCallerIdentity=identity)
    with pytest.raises(DeliveryError, match=r"999999999999|sts did not answer"):
        back(asked, account="123456789012")
    assert set(asked.asked) == {"GetCallerIdentity"}
