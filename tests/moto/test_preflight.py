"""Preflight against an account: empty, prepared, deployed, and one that refuses."""

import copy
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.servicequotas.models import ServiceQuotasBackend
from rich.console import Console

from infra.stage_files import load_stage
from operations.account import Account
from operations.preflight import run
from operations.preflight.finding import Finding, Mark, Subject
from operations.preflight.report import as_json, failed, print_lines
from operations.stage import SynthesisedStage, read_assembly
from sandbox.state import ACCOUNT, REGION

from .answers import answer, refusal
from .conftest import deploy_local, placeholder

STAGE = "local"
VERSION = "/cdk-bootstrap/hnb659fds/version"


@pytest.fixture
def stage(local_assembly: Path) -> SynthesisedStage:
    overrides = {"image": "sandbox.local/image:1", "certificate_arn": placeholder()}
    return read_assembly(local_assembly, settings=load_stage(STAGE, overrides))


@pytest.fixture
def session(aws: None) -> boto3.Session:
    session = boto3.Session(region_name=REGION)
    default = "service-quotas.GetAWSDefaultServiceQuota"  # which moto lacks
    answer(session, default, refusal("NoSuchResourceException"))
    return session


@pytest.fixture
def quota(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Gives the account a Fargate quota: moto knows those of the VPC only."""

    def give(value: float) -> None:
        def get(_: Any, service_code: str, quota_code: str) -> dict[str, Any]:
            assert (service_code, quota_code) == ("fargate", "L-3032A538")
            return {"QuotaCode": quota_code, "Value": value}

        monkeypatch.setattr(ServiceQuotasBackend, "get_service_quota", get)

    return give


def of(check: str, stage: SynthesisedStage, session: boto3.Session) -> list[Finding]:
    (asked,) = (each for each in (run.CREDENTIALS, *run.CHECKS) if each.name == check)
    return [result.finding for result in run.run_check(asked, Subject(stage, Account(session)))]


def with_settings(stage: SynthesisedStage, section: str, **changes: Any) -> SynthesisedStage:
    settings = stage.settings
    changed = getattr(settings, section).model_copy(update=changes)
    return SynthesisedStage(
        settings.model_copy(update={section: changed}),
        stage.templates,
        stage.bootstrap,
        stage.builds_image,
    )


def test_credentials_that_aws_takes_are_named(
    stage: SynthesisedStage, session: boto3.Session
) -> None:
    (finding,) = of("credentials", stage, session)
    assert (finding.mark, ACCOUNT in finding.found) == (Mark.OK, True)


def test_expired_credentials_fail_and_no_other_question_is_asked(
    stage: SynthesisedStage, session: boto3.Session
) -> None:
    answer(session, "sts.GetCallerIdentity", refusal("ExpiredToken"))
    results = run.run_checks(Subject(stage, Account(session)))
    marks = {result.check: result.finding.mark for result in results}
    assert marks["credentials"] is Mark.FAILED
    assert marks["bootstrap"] is marks["names"] is Mark.UNKNOWN
    assert "cost" in marks, "what needs no account is still told"


def test_missing_region_fails(
    stage: SynthesisedStage, aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    (finding,) = of("credentials", stage, boto3.Session())
    assert (finding.mark, "AWS_REGION" in finding.todo) == (Mark.FAILED, True)


def test_stage_of_another_account_fails(stage: SynthesisedStage, session: boto3.Session) -> None:
    pinned = with_settings(stage, "deploy", account="999999999999", region=REGION)
    account, region = of("account and region", pinned, session)
    assert (account.mark, region.mark) == (Mark.FAILED, Mark.OK)
    assert ACCOUNT in account.found


def test_stage_without_a_pin_says_how_to_set_one(
    stage: SynthesisedStage, session: boto3.Session
) -> None:
    account, region = of("account and region", stage, session)
    assert "deploy.account" in account.todo
    assert (account.mark, region.mark) == (Mark.NOTE, Mark.NOTE)


def test_account_without_bootstrap_fails(stage: SynthesisedStage, session: boto3.Session) -> None:
    (finding,) = of("bootstrap", stage, session)
    assert (finding.mark, finding.todo) == (Mark.FAILED, "run cdk bootstrap")


@pytest.mark.parametrize(("version", "mark"), [("5", Mark.FAILED), ("6", Mark.OK), ("31", Mark.OK)])
def test_bootstrap_must_be_as_new_as_the_stacks_ask(
    version: str, mark: Mark, stage: SynthesisedStage, session: boto3.Session
) -> None:
    session.client("ssm").put_parameter(Name=VERSION, Value=version, Type="String")
    (finding,) = of("bootstrap", stage, session)
    assert finding.mark is mark


def test_refused_question_names_the_permission_and_fails_nothing(
    stage: SynthesisedStage, session: boto3.Session
) -> None:
    answer(session, "ssm.GetParameter", refusal("AccessDeniedException"))
    (finding,) = of("bootstrap", stage, session)
    assert finding.mark is Mark.UNKNOWN
    assert finding.found == "could not check: needs permission ssm:GetParameter"


@pytest.mark.parametrize(("vcpus", "mark"), [(6, Mark.FAILED), (10, Mark.NOTE), (20, Mark.OK)])
def test_quota_must_hold_all_tasks_and_should_hold_a_rollout(
    vcpus: int,
    mark: Mark,
    stage: SynthesisedStage,
    session: boto3.Session,
    quota: Callable[[float], None],
) -> None:
    quota(vcpus)  # stage local: at most 10 tasks of one vCPU
    (finding,) = of("Fargate quota", stage, session)
    assert finding.mark is mark


def test_tasks_on_spot_have_a_quota_of_their_own(
    stage: SynthesisedStage, session: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {"L-3032A538": 4.0, "L-36FBB829": 3.0}

    def get(_: Any, service_code: str, quota_code: str) -> dict[str, Any]:
        return {"QuotaCode": quota_code, "Value": values[quota_code]}

    monkeypatch.setattr(ServiceQuotasBackend, "get_service_quota", get)
    strategy = [
        {"CapacityProvider": "FARGATE", "Base": 2, "Weight": 1},
        {"CapacityProvider": "FARGATE_SPOT", "Weight": 3},
    ]
    on_demand, spot = of("Fargate quota", with_strategy(stage, strategy), session)
    assert (on_demand.mark, on_demand.found.split("; ")[1]) == (
        Mark.NOTE,
        "4 tasks take 4 vCPUs, 8 in a rollout",
    )
    assert (spot.mark, spot.found.split("; ")[1]) == (
        Mark.FAILED,
        "6 tasks on Spot take 6 vCPUs, 12 in a rollout",
    )


def with_strategy(stage: SynthesisedStage, strategy: list[dict[str, Any]]) -> SynthesisedStage:
    """The stage whose service's tasks divide so."""
    templates = copy.deepcopy(dict(stage.templates))
    for template in templates.values():
        for body in template["Resources"].values():
            if body["Type"] == "AWS::ECS::Service":
                body["Properties"]["CapacityProviderStrategy"] = strategy
    return replace(stage, templates=templates)


def test_quota_that_aws_does_not_name_is_unknown(
    stage: SynthesisedStage, session: boto3.Session
) -> None:
    (finding,) = of("Fargate quota", stage, session)
    assert finding.mark is Mark.UNKNOWN


def test_quota_that_may_not_be_read_names_the_permission(
    stage: SynthesisedStage, session: boto3.Session
) -> None:
    answer(session, "service-quotas.GetServiceQuota", refusal("AccessDeniedException"))
    (finding,) = of("Fargate quota", stage, session)
    assert "servicequotas:GetServiceQuota" in finding.found


def test_certificate_that_the_account_has_not_got_fails(
    stage: SynthesisedStage, session: boto3.Session
) -> None:
    (finding,) = of("certificate", stage, session)
    assert (finding.mark, "not in this account" in finding.found) == (Mark.FAILED, True)


def test_certificate_of_another_region_fails(
    stage: SynthesisedStage, session: boto3.Session
) -> None:
    arn = placeholder().replace(REGION, "eu-west-1")
    (finding,) = of("certificate", with_settings(stage, "endpoint", certificate_arn=arn), session)
    assert (finding.mark, "eu-west-1" in finding.found) == (Mark.FAILED, True)


def test_repository_left_behind_fails_with_the_command_that_deletes_it(
    stage: SynthesisedStage, session: boto3.Session
) -> None:
    session.client("ecr").create_repository(repositoryName="llm-on-ecs-local")
    (finding,) = of("names", stage, session)
    assert (finding.mark, "aws ecr delete-repository" in finding.todo) == (Mark.FAILED, True)


def test_repository_of_the_stack_itself_is_no_collision(
    stage: SynthesisedStage, session: boto3.Session, local_assembly: Path, tmp_path: Path
) -> None:
    deploy_local(local_assembly, tmp_path)
    assert [finding.mark for finding in of("names", stage, session)] == [Mark.OK]
    assert [finding.mark for finding in of("stacks", stage, session)] == [Mark.OK]


@pytest.mark.parametrize("state", ["UPDATE_ROLLBACK_FAILED", "DELETE_FAILED", "UPDATE_IN_PROGRESS"])
def test_stack_that_takes_no_deploy_fails(
    state: str, stage: SynthesisedStage, session: boto3.Session
) -> None:
    stack = {"StackName": "x", "StackStatus": state}
    answer(session, "cloudformation.DescribeStacks", {"Stacks": [stack]})
    found = of("stacks", stage, session)
    assert {finding.mark for finding in found} == {Mark.FAILED}
    assert all(state in finding.found for finding in found)


def test_one_failure_makes_the_run_fail_and_both_reports_say_so(
    stage: SynthesisedStage, session: boto3.Session
) -> None:
    results = run.run_checks(Subject(stage, Account(session)))
    console = Console(file=io.StringIO(), record=True, width=200)
    print_lines(results, console)
    report = json.loads(as_json(results, stage=STAGE))
    assert failed(results)
    assert report["ok"] is False
    assert len(report["findings"]) == len(results)
    assert (
        "\N{MULTIPLICATION SIGN} bootstrap: this account and region have none"
        in console.export_text()
    )


def test_logged_texts_are_told_loudly_and_only_where_they_are(
    stage: SynthesisedStage, session: boto3.Session
) -> None:
    (silent,) = of("privacy", stage, session)
    (loud,) = of("privacy", with_settings(stage, "logs", prompts=True), session)
    assert (silent.mark, loud.mark) == (Mark.OK, Mark.NOTE)
    assert "PROMPTS AND COMPLETIONS ARE LOGGED" in loud.found
