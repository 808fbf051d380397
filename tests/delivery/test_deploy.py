"""What a pipeline deploys, and where it then finds the endpoint."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from delivery import deploy, outputs
from delivery.assemblies import Assembly
from delivery.deploy import Plan, Wish
from delivery.deploying import command_line
from delivery.deploying.command_line import Finished
from delivery.deploying.deployed import DeployedStage
from delivery.deploying.guards import Guards
from delivery.deploying.news import Level, News
from delivery.deploying.outcome import Outcome
from delivery.deploying.proving import Proof
from delivery.deploying.stack_events import STACK
from delivery.deploying.watch import Overdue, Watch
from delivery.errors import DeliveryError
from infra.stage_files import load_stage
from operations.account import CouldNotAsk
from operations.preflight.finding import Finding, Mark, Subject
from operations.preflight.run import Result
from operations.stage import SynthesisedStage
from tests.delivery.deploying.account import FakeAccount, Listener


@pytest.fixture
def left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that a deploy of stage dev leaves."""
    monkeypatch.setattr(outputs, "OUT", tmp_path)
    file = tmp_path / "outputs" / "dev.json"
    file.parent.mkdir()
    return file


def test_nobody_is_asked_and_events_are_shown() -> None:
    words = " ".join(deploy.command("dev", Path("out"), ["Registry", "Network"]))
    assert "deploy Registry Network --exclusively --app out" in words
    assert "--require-approval never --progress events" in words


def test_what_is_there_is_taken_into_the_stacks_only_where_that_is_asked_for() -> None:
    option = "--import-existing-resources"
    assert option not in deploy.command("dev", Path("out"), ["Registry"])
    assert option in deploy.command("dev", Path("out"), ["Registry"], import_existing=True)


def test_stack_that_lets_the_pipeline_in_is_not_the_pipelines_to_deploy() -> None:
    assert deploy.pipeline_stacks(["Delivery", "Inference"]) == ["Inference"]


def test_unknown_stage_is_refused_before_anything_runs() -> None:
    with pytest.raises(DeliveryError, match=r"STAGE: got 'nowhere'; choose one of dev, "):
        deploy.deploy(Wish("nowhere"), Listener())


def test_without_an_account_the_address_is_that_of_the_last_deploy_from_here(left: Path) -> None:
    stacks = {"llm-on-ecs-dev-inference": {"Url": "http://a", "ServiceName": "b"}, "other": {}}
    left.write_text(json.dumps(stacks))
    assert outputs.url_left_here("dev") == "http://a"


def test_address_that_is_not_told_is_asked_for(left: Path) -> None:
    left.write_text("{}")
    with pytest.raises(DeliveryError, match="pass URL="):
        outputs.url_left_here("dev")


def test_address_of_a_stage_that_was_not_deployed_here_is_asked_for(left: Path) -> None:
    assert not left.exists()
    with pytest.raises(DeliveryError, match="pass URL="):
        outputs.url_left_here("dev")


def deployed(answer: Any) -> DeployedStage:
    return DeployedStage(FakeAccount(DescribeStacks=answer), "dev")


def test_stack_says_the_address_itself() -> None:
    told = [{"OutputKey": "Url", "OutputValue": "http://b"}]
    assert outputs.url_of_stack(deployed({"Stacks": [{"Outputs": told}]})) == "http://b"


@pytest.mark.parametrize(
    "answer",
    [None, {"Stacks": [{}]}, CouldNotAsk("needs permission cloudformation:DescribeStacks")],
)
def test_stack_that_does_not_say_it_leaves_a_sentence(answer: Any) -> None:
    with pytest.raises(DeliveryError, match="pass URL="):
        outputs.url_of_stack(deployed(answer))


class Cloud:
    """Stands in for the command line: what it does while it runs, and how it ends."""

    def __init__(self, status: int, *, meanwhile: Exception | type[BaseException] | None = None):
        self._status = status
        self._raised = meanwhile

    def __call__(self, *_: object, **__: object) -> Finished:
        if self._raised is not None:
            raise self._raised
        return Finished(self._status, ("Failed to build asset Inference/Image",))


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Plan:
    """Stage dev, in an account that shows nothing of it."""
    asked = FakeAccount(DescribeStackEvents=None, ListStackResources=[], DescribeStacks=[])
    settings = load_stage("dev")
    (tmp_path / "manifest.json").write_text('{"artifacts": {}}')
    subject = Subject(SynthesisedStage(settings, {}, None, builds_image=False), asked)
    made = Plan(Wish("dev", url="http://127.0.0.1:9"), settings, Assembly(tmp_path), (), subject)
    monkeypatch.setattr(deploy, "make_plan", lambda _: made)
    return made


def ending(monkeypatch: pytest.MonkeyPatch, plan: Plan, cloud: Cloud) -> tuple[Outcome, News]:
    monkeypatch.setattr(command_line, "run", cloud)
    told = Listener()
    outcome = deploy.carry_out(plan, told)
    return outcome, told.news[-1]


@pytest.mark.parametrize("proof", list(Proof))
def test_good_deploy_ends_with_what_the_smoke_test_showed(
    monkeypatch: pytest.MonkeyPatch, plan: Plan, proof: Proof
) -> None:
    monkeypatch.setattr(deploy, "prove", lambda *_, **__: proof)
    outcome, last = ending(monkeypatch, plan, Cloud(0))
    failed = proof is Proof.FAILED
    assert outcome is (Outcome.SMOKE_FAILED if failed else Outcome.DONE)
    assert (last.kind, last.facts["smoke"]) == ("result", str(proof))
    assert (last.level is Level.GOOD) == (proof is Proof.COMPLETE)


def test_good_deploy_whose_address_nobody_says_is_a_smoke_test_that_failed(
    monkeypatch: pytest.MonkeyPatch, plan: Plan
) -> None:
    nowhere = replace(plan, wish=Wish("dev"))
    outcome, last = ending(monkeypatch, nowhere, Cloud(0))
    assert outcome is Outcome.SMOKE_FAILED
    assert (last.kind, last.facts["outcome"]) == ("result", "smoke test failed")


def test_failed_deploy_says_why_and_what_to_read(
    monkeypatch: pytest.MonkeyPatch, plan: Plan
) -> None:
    monkeypatch.setattr(command_line, "run", Cloud(1))
    told = Listener()
    assert deploy.carry_out(plan, told) is Outcome.FAILED
    lines = [line for news in told.news for line in news.lines]
    assert "Failed to build asset Inference/Image" in lines
    assert "nothing was changed in AWS" in told.texts
    assert "docs/runbook.md#a-deploy-fails" in lines


@pytest.mark.parametrize(
    ("ends", "outcome"),
    [
        (Overdue("the rollout of revision 2 has gone on for 100 s"), Outcome.OVERDUE),
        (KeyboardInterrupt, Outcome.INTERRUPTED),
    ],
)
def test_watch_that_ends_before_aws_does_says_that_it_goes_on(
    monkeypatch: pytest.MonkeyPatch,
    plan: Plan,
    ends: Exception | type[BaseException],
    outcome: Outcome,
) -> None:
    ended, last = ending(monkeypatch, plan, Cloud(0, meanwhile=ends))
    assert ended is outcome
    assert "AWS goes on: make status STAGE=dev, or make rollback STAGE=dev" in last.text
    assert last.lines == ("read: docs/runbook.md#a-rollout-hangs",)


def test_refusing_guard_ends_it_before_anything_runs(
    monkeypatch: pytest.MonkeyPatch, plan: Plan
) -> None:
    finding = Finding(Mark.FAILED, "NoReadyTask is on", "mend it")
    monkeypatch.setattr(deploy, "look_at_templates", lambda _: [])
    monkeypatch.setattr(Guards, "look", lambda *_: [Result("alarms", finding)])
    monkeypatch.setattr(command_line, "run", Cloud(0, meanwhile=AssertionError))
    told = Listener()
    assert deploy.deploy(Wish("dev"), told) is Outcome.REFUSED
    assert "alarms: NoReadyTask is on; mend it" in told.texts
    assert told.texts[-1] == "refused by alarms; nothing was changed"
    assert told.news[-1].facts["guards"] == ["alarms"]


def test_what_is_left_of_a_stack_event_is_seen_before_it_is_over(
    monkeypatch: pytest.MonkeyPatch, plan: Plan
) -> None:
    """The command line may end first, with its credentials: CloudFormation's end is waited for."""
    event = {
        "LogicalResourceId": "llm-on-ecs-dev-inference",
        "ResourceType": STACK,
        "ResourceStatus": "UPDATE_ROLLBACK_IN_PROGRESS",
    }
    pages = [
        {"StackEvents": [event | {"EventId": "1"}]},
        {"StackEvents": [event | {"EventId": "2", "ResourceStatus": "UPDATE_ROLLBACK_COMPLETE"}]},
    ]
    account = FakeAccount(
        DescribeStackEvents=lambda **_: pages.pop(0) if pages else {"StackEvents": []},
        ListStackResources=[],
        DescribeStacks=lambda **asked: None if asked else [],
    )
    names = {"artifacts": {"Inference": {"type": "aws:cloudformation:stack", "properties": {}}}}
    (plan.assembly.folder / "manifest.json").write_text(json.dumps(names))
    seen = replace(plan, subject=Subject(plan.subject.stage, account), stacks=("Inference",))
    monkeypatch.setattr(deploy, "POLL_SECONDS", 0)
    monkeypatch.setattr(Watch, "mark", lambda _: None)
    monkeypatch.setattr(command_line, "run", Cloud(1))
    told = Listener()
    assert deploy.carry_out(seen, told) is Outcome.FAILED
    assert any("UPDATE_ROLLBACK_COMPLETE" in text for text in told.texts)
