"""What a pipeline deploys, and where it then finds the endpoint."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from delivery import deploy, outputs
from delivery.deploy import Plan, Wish
from delivery.deploying import command_line
from delivery.deploying.deployed import DeployedStage
from delivery.deploying.guards import Guards
from delivery.deploying.news import BEGIN
from delivery.deploying.outcome import Outcome
from delivery.errors import DeliveryError
from operations.account import CouldNotAsk
from operations.preflight.finding import Finding, Mark
from operations.preflight.run import Result
from tests.delivery.deploying.account import FakeAccount, Listener


@pytest.fixture
def left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that a deploy of stage dev leaves."""
    monkeypatch.setattr(outputs, "OUT", tmp_path)
    file = tmp_path / "outputs" / "dev.json"
    file.parent.mkdir()
    return file


def test_nobody_is_asked_events_are_shown_and_the_change_sets_are_known_by_name(
    plan: Plan,
) -> None:
    words = " ".join(deploy.command(plan))
    folder, run = plan.assembly.folder, plan.run.name
    assert f"deploy Registry Network Inference --exclusively --app {folder}" in words
    assert "--require-approval never --progress events" in words
    assert f"--change-set-name {run}" in words


def test_what_is_there_is_taken_into_the_stacks_only_where_that_is_asked_for(plan: Plan) -> None:
    option = "--import-existing-resources"
    assert option not in deploy.command(plan)
    wish = replace(plan.wish, import_existing=True)
    assert option in deploy.command(replace(plan, wish=wish))


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


def nothing_runs(*_: object, **__: object) -> None:
    raise AssertionError("the command line runs")


def test_refusing_guard_ends_it_before_anything_runs(
    monkeypatch: pytest.MonkeyPatch, plan: Plan
) -> None:
    finding = Finding(Mark.FAILED, "NoReadyTask is on", "mend it")
    monkeypatch.setattr(deploy, "look_at_templates", lambda _: [])
    monkeypatch.setattr(Guards, "look", lambda *_: [Result("alarms", finding)])
    monkeypatch.setattr(command_line, "run", nothing_runs)
    told = Listener()
    assert deploy.deploy(Wish("dev"), told) is Outcome.REFUSED
    assert not any(news.kind == BEGIN for news in told.news)
    assert "alarms: NoReadyTask is on; mend it" in told.texts
    assert told.texts[-1] == "refused by alarms; nothing was changed"
    assert told.news[-1].facts["guards"] == ["alarms"]
