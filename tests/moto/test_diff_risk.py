"""The risk of an update against what CloudFormation has deployed."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto.cloudformation.models import cloudformation_backends

from delivery.assemblies import Assembly, Tree
from delivery.errors import DeliveryError
from delivery.risk import baseline, judging
from delivery.risk.canonical import canonical
from delivery.risk.deployed import deployed_templates, templates_of_account
from delivery.risk.grades import Grade
from delivery.risk.verdict import Verdict, judge
from infra.stage_files import load_stage
from operations import place
from operations.account import Account
from sandbox import assembly
from sandbox.assembly import DeployFailed
from sandbox.state import ACCOUNT, REGION
from tests.moto.synthesis import changed, synthesised
from tests.moto.templates import resource

pytestmark = pytest.mark.usefixtures("aws")

BAD = {"Resources": {"Bad": resource("AWS::Chatbot::SlackChannelConfiguration")}}


@pytest.fixture
def deployed(aws: None) -> Assembly:
    """Stage local, which is now in the account."""
    folder = synthesised("local")
    assembly.deploy_assembly(folder, region=REGION)
    return Assembly(folder)


def judged(after: Assembly, session: boto3.Session) -> Verdict:
    before = deployed_templates(after.stack_names, Account(session))
    return judge("local", before, after, base="what is deployed", accepted={})


def of_account(after: Assembly, session: boto3.Session) -> dict[str, Any]:
    """As the verbs have it with BASE=deployed."""
    return templates_of_account("local", after.stack_names, Account(session))


def test_account_that_has_nothing_of_the_stage_is_no_base(session: boto3.Session) -> None:
    with pytest.raises(DeliveryError, match=f"no stack of stage local is in {ACCOUNT}, {REGION}"):
        of_account(Assembly(synthesised("local")), session)


def test_first_deploy_that_failed_is_no_base(session: boto3.Session) -> None:
    after = Assembly(synthesised("local"))
    with pytest.raises(DeployFailed):
        assembly.deploy_template(after.stack_names["Registry"], json.dumps(BAD), region=REGION)
    with pytest.raises(DeliveryError, match="no stack of stage local"):
        of_account(after, session)


@pytest.mark.parametrize("state", ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED"])
def test_stack_between_two_templates_is_no_base(
    deployed: Assembly, session: boto3.Session, state: str
) -> None:
    assert of_account(deployed, session).keys() == deployed.stack_names.keys()
    name = deployed.stack_names["Inference"]
    stacks = cloudformation_backends[ACCOUNT][REGION].stacks.values()
    (stack,) = (stack for stack in stacks if stack.name == name)
    stack.status = state
    with pytest.raises(DeliveryError, match=f"{name} is {state}, between two templates"):
        of_account(deployed, session)


def test_account_that_the_stage_is_not_pinned_to_is_no_base(
    deployed: Assembly, session: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned = load_stage("local").deploy.model_copy(update={"account": "999999999999"})
    settings = load_stage("local").model_copy(update={"deploy": pinned})
    monkeypatch.setattr(place, "load_stage", lambda _: settings)
    with pytest.raises(DeliveryError, match=f"{ACCOUNT}, but local.toml says 999999999999"):
        of_account(deployed, session)


def test_baseline_of_the_account_is_checked_likewise_and_has_the_day_alone(
    deployed: Assembly, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def write(stage: str, templates: dict[str, Any], origin: baseline.Origin) -> Path:
        return baseline.write(stage, templates, origin, tmp_path)

    monkeypatch.setattr(Tree, "synthesise", lambda *_, **__: deployed)
    monkeypatch.setattr(judging, "baseline", SimpleNamespace(**vars(baseline) | {"write": write}))
    list(judging.write_baselines(["local"], from_account=True))
    kept = baseline.read("local", tmp_path)
    assert kept.origin.commit == ""
    assert kept.stacks.keys() == deployed.stack_names.keys()
    settings = load_stage("local")
    pinned = settings.deploy.model_copy(update={"account": "999999999999"})
    settings = settings.model_copy(update={"deploy": pinned})
    monkeypatch.setattr(place, "load_stage", lambda _: settings)
    with pytest.raises(DeliveryError, match=r"local\.toml says 999999999999"):
        list(judging.write_baselines(["local"], from_account=True))


def test_what_is_deployed_is_what_was_synthesised(
    deployed: Assembly, session: boto3.Session
) -> None:
    assert judged(deployed, session).risks == ()
    found = deployed_templates(deployed.stack_names, Account(session))
    assert {name: canonical(body) for name, body in found.items()} == {
        name: canonical(body) for name, body in deployed.templates.items()
    }


def test_change_of_what_is_deployed_is_graded(deployed: Assembly, session: boto3.Session) -> None:
    fewer = changed("local", scaling={"max_tasks": 3}, logs={"retention_days": 1})
    after = Assembly(synthesised(fewer))
    grades = {risk.kind: risk.grade for risk in judged(after, session).risks}
    assert grades["AWS::ApplicationAutoScaling::ScalableTarget"] is Grade.INTERRUPTS
    assert grades["AWS::Logs::LogGroup"] is Grade.DESTROYS
