"""What a deploy would lose is found by two questions for each stack that it deploys."""

import json
from pathlib import Path
from typing import Any

import pytest

from delivery.assemblies import Assembly
from delivery.deploying.update_risk import UpdateGuard
from delivery.risk import baseline
from infra.stage_files import load_stage
from operations.preflight.finding import Finding, Mark, Subject
from operations.stage import SynthesisedStage
from tests.delivery.deploying.account import FakeAccount
from tests.delivery.templates import Template, repository, template

THERE = {"Stacks": [{"StackStatus": "UPDATE_COMPLETE"}]}


@pytest.fixture
def assembly(tmp_path: Path) -> Assembly:
    """A stack with a repository, and one that a person deploys."""
    artifacts = {
        key: {"type": "aws:cloudformation:stack", "properties": {}}
        for key in ("Registry", "Delivery")
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    for key in artifacts:
        content = json.dumps(template(Repo=repository("b")))
        (tmp_path / f"{key}.template.json").write_text(content)
    return Assembly(tmp_path)


def account(deployed: Template, described: dict[str, Any] = THERE) -> FakeAccount:
    return FakeAccount(DescribeStacks=described, GetTemplate={"TemplateBody": deployed})


def found(asked: FakeAccount, assembly: Assembly, *accept: str) -> list[Finding]:
    settings = load_stage("dev")
    subject = Subject(SynthesisedStage(settings, {}, None, builds_image=False), asked)
    return list(UpdateGuard(assembly, ("Registry",), accept).check(subject))


def test_replaced_repository_is_a_failure_with_how_to_go_on(assembly: Assembly) -> None:
    table, failure = found(account(template(Repo=repository("a"))), assembly)
    assert table.found == "Stage dev against what is deployed: 1 replaces"
    assert failure.mark is Mark.FAILED
    assert failure.found.startswith("Registry Repo (AWS::ECR::Repository): replaces: ")
    assert failure.todo.startswith("if that is meant, pass ACCEPT=Repo, or add it")


def test_no_more_is_asked_than_whether_it_is_there_and_for_its_template(
    assembly: Assembly,
) -> None:
    asked = account(template(Repo=repository("b")))
    (finding,) = found(asked, assembly)
    assert finding.mark is Mark.OK
    assert asked.asked == ["DescribeStacks", "GetTemplate"]


def test_what_is_accepted_of_another_stack_is_not_said_to_be_idle(
    assembly: Assembly, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(baseline, "accepted", lambda _: {"Deployer": "a person deploys it"})
    same = account(template(Repo=repository("b")))
    assert [finding.mark for finding in found(same, assembly)] == [Mark.OK]
    (table,) = found(same, assembly, "Reppo")
    assert table.details == ("             accepted, and does not happen: Reppo",)
