"""What stops a deploy, in an account that has the watched stage deployed."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

import boto3
import pytest
from moto import mock_aws

from delivery.assemblies import Assembly
from delivery.deploying.guards import Guards, check_rollout, refused, tell
from delivery.deploying.news import Level
from delivery.deploying.update_risk import UpdateGuard
from operations.account import Account
from operations.preflight.finding import Check, Finding, Mark, Subject
from operations.preflight.run import Result, run_check
from operations.stage import SynthesisedStage, read_assembly
from tests.moto.answers import answer, refusal
from tests.moto.test_watching import WATCHED, deploy, write


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assembly]:
    """The stage's assembly, in an account in which it is deployed."""
    folder = tmp_path_factory.mktemp("guards") / "stage"
    with mock_aws():
        deploy(WATCHED, folder)
        yield Assembly(folder)


@pytest.fixture(scope="module")
def stage(deployed: Assembly) -> SynthesisedStage:
    return read_assembly(deployed.folder, settings=WATCHED.settings())


@pytest.fixture(scope="module")
def forgetful(deployed: Assembly, tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """The stage with logs that are kept for a day, and fewer tasks at most."""
    changes = {**WATCHED.changes, "logs": {"retention_days": 1}, "scaling": {"max_tasks": 3}}
    folder = tmp_path_factory.mktemp("forgetful") / "stage"
    write(replace(WATCHED, changes=changes), folder)
    return Assembly(folder)


@pytest.fixture
def subject(stage: SynthesisedStage, session: boto3.Session) -> Subject:
    default = "service-quotas.GetAWSDefaultServiceQuota"  # which moto lacks
    answer(session, default, refusal("NoSuchResourceException"))
    return Subject(stage, Account(session))


@pytest.fixture(autouse=True)
def quiet(stage: SynthesisedStage) -> list[str]:
    """The stage's alarms, all of which are off before each test."""
    listed = boto3.client("cloudwatch").describe_alarms()["MetricAlarms"]
    names = [item["AlarmName"] for item in listed if "#" in item.get("AlarmDescription", "")]
    for name in names:
        put(name, "OK")
    return names


@pytest.fixture
def firing(quiet: list[str]) -> str:
    """One alarm of the stage's is on."""
    put(quiet[0], "ALARM")
    return quiet[0]


def put(name: str, state: Literal["OK", "ALARM"]) -> None:
    client = boto3.client("cloudwatch")
    client.set_alarm_state(AlarmName=name, StateValue=state, StateReason="test")


def alarms(subject: Subject, *, in_spite_of_alarms: bool = False) -> list[Finding]:
    guards = Guards(in_spite_of_alarms=in_spite_of_alarms)
    found = run_check(Check("alarms", guards.check_alarms), subject)
    return [result.finding for result in found]


def test_quiet_alarms_stop_nothing(subject: Subject) -> None:
    (finding,) = alarms(subject)
    assert (finding.mark, finding.found) == (Mark.OK, "none of 9 is on")


def test_firing_alarm_refuses_with_its_sentence_and_the_way_round(
    subject: Subject, firing: str
) -> None:
    (finding,) = alarms(subject)
    assert finding.mark is Mark.FAILED
    assert finding.found.startswith(f"{firing} is on since ")
    assert "make deploy STAGE=local IN_SPITE_OF_ALARMS=1" in finding.todo
    assert "Runbook: " in finding.details[0]


def test_alarm_that_undoes_rollouts_says_what_its_remedy_needs(subject: Subject) -> None:
    listed = boto3.client("cloudwatch").describe_alarms()["MetricAlarms"]
    (name,) = (
        item["AlarmName"] for item in listed if "RollbackAlarmsErrorRate" in item["AlarmName"]
    )
    put(name, "ALARM")
    (finding,) = alarms(subject)
    assert finding.found.startswith(f"{name} is on")
    assert "with rollout.alarms = false in the stage's file" in finding.todo
    (finding,) = alarms(subject, in_spite_of_alarms=True)
    assert "ECS may undo the rollout" in finding.todo


def test_remedy_can_be_deployed_in_spite_of_a_firing_alarm(subject: Subject, firing: str) -> None:
    (finding,) = alarms(subject, in_spite_of_alarms=True)
    assert (finding.mark, finding.found.split()[0]) == (Mark.NOTE, firing)


def test_alarms_that_may_not_be_read_are_said_and_stop_nothing(
    subject: Subject, session: boto3.Session
) -> None:
    answer(session, "cloudwatch.DescribeAlarms", refusal("AccessDenied"))
    (finding,) = alarms(subject)
    assert finding.mark is Mark.UNKNOWN
    assert finding.found == "could not check: needs permission cloudwatch:DescribeAlarms"


@pytest.mark.parametrize("code", ["AccessDenied", "Throttling"])
def test_firing_alarm_refuses_though_ecs_does_not_answer(
    subject: Subject, session: boto3.Session, firing: str, code: str
) -> None:
    answer(session, "ecs.DescribeServices", refusal(code))
    alarm, undoing = alarms(subject)
    assert (alarm.mark, alarm.found.split()[0]) == (Mark.FAILED, firing)
    assert undoing.mark is Mark.UNKNOWN
    assert undoing.found.startswith("whether ECS would undo the rollout for it: ")


@pytest.mark.parametrize("code", ["ExpiredToken", "ServiceUnavailable"])
def test_deploy_is_refused_where_aws_does_not_say_whose_account_it_is(
    subject: Subject, session: boto3.Session, code: str
) -> None:
    answer(session, "sts.GetCallerIdentity", refusal(code))
    results = Guards().look(subject)
    stopped = {result.check for result in refused(results)}
    assert {"credentials", "account and region"} <= stopped
    not_looked_at = {"rollout", "alarms"}
    assert not_looked_at <= {item.check for item in results if item.finding.mark is Mark.UNKNOWN}
    told = {news.facts["guard"]: news for news in tell(results) if news.kind == "guard"}
    assert told["credentials"].level is told["account and region"].level is Level.BAD
    assert told["alarms"].text == "alarms: not checked: AWS did not say who you are"


def test_of_what_could_not_be_asked_only_the_place_and_the_losses_refuse() -> None:
    unknown = Finding(Mark.UNKNOWN, "could not check: sts did not answer")
    place, update = Result("account and region", unknown), Result("update", unknown)
    alarms = Result("alarms", unknown)
    assert refused([place, alarms, update]) == [place, update]


def rollout(subject: Subject) -> list[Finding]:
    return [result.finding for result in run_check(Check("rollout", check_rollout), subject)]


def test_rollout_in_progress_refuses_and_says_how_to_take_it_back(subject: Subject) -> None:
    (finding,) = rollout(subject)  # no task runs in this account, so its first rollout goes on
    assert finding.mark is Mark.FAILED
    assert "is being rolled out, 0 of " in finding.found
    assert "make rollback STAGE=local" in finding.todo


def test_stage_that_is_not_deployed_has_no_rollout(subject: Subject) -> None:
    settings = subject.stage.settings.model_copy(update={"name": "other"})
    renamed = SynthesisedStage(settings, {}, None, builds_image=False)
    (finding,) = rollout(Subject(renamed, subject.account))
    assert (finding.mark, finding.found) == (Mark.OK, "no service runs yet")


def update(subject: Subject, assembly: Assembly, *accept: str) -> list[Finding]:
    guard = UpdateGuard(assembly, tuple(assembly.templates), accept)
    return [result.finding for result in run_check(Check("update", guard.check), subject)]


def test_update_that_changes_nothing_is_quiet(subject: Subject, deployed: Assembly) -> None:
    (finding,) = update(subject, deployed)
    assert finding == Finding(Mark.OK, "Stage local against what is deployed: no change")


def test_update_that_loses_something_refuses_with_its_table_and_the_way_round(
    subject: Subject, forgetful: Assembly
) -> None:
    table, *failures = update(subject, forgetful)
    assert table.mark is Mark.NOTE
    assert any(row.startswith("DESTROYS ") for row in table.details)
    assert any(row.startswith("INTERRUPTS ") for row in table.details)
    assert {finding.mark for finding in failures} == {Mark.FAILED}
    keys = lost(forgetful)
    assert len(failures) == len(keys)
    assert all(any(f"ACCEPT={key}," in finding.todo for finding in failures) for key in keys)


def lost(assembly: Assembly) -> list[str]:
    """Its log groups, all of which forget."""
    return [
        key
        for template in assembly.templates.values()
        for key, body in template["Resources"].items()
        if body["Type"] == "AWS::Logs::LogGroup"
    ]


def test_accepted_loss_is_shown_and_stops_nothing(subject: Subject, forgetful: Assembly) -> None:
    (table,) = update(subject, forgetful, *lost(forgetful))
    assert table.mark is Mark.NOTE
    (news, _) = tell([Result("update", table)])
    assert news.level is Level.WARNING
    assert any(line.startswith("DESTROYS ") for line in news.lines)


def test_stack_that_is_not_deployed_now_is_not_judged(
    subject: Subject, forgetful: Assembly
) -> None:
    (finding,) = run_check(Check("update", UpdateGuard(forgetful, ("Registry",)).check), subject)
    assert finding.finding.mark is Mark.OK


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("AccessDenied", "cloudformation:GetTemplate on the stage's stacks"),
        ("Throttling", "deploy again when AWS answers"),
        ("ExpiredToken", "sign in again"),
    ],
)
def test_deploy_is_refused_where_templates_that_may_not_be_read_hide_what_it_loses(
    subject: Subject, session: boto3.Session, forgetful: Assembly, code: str, remedy: str
) -> None:
    answer(session, "cloudformation.GetTemplate", refusal(code))
    (finding,) = update(subject, forgetful)
    assert finding.mark is Mark.UNKNOWN
    assert finding.found.startswith("what it would lose is not known: ")
    assert remedy in finding.todo
    result = Result("update", finding)
    assert refused([result]) == [result]


@pytest.mark.parametrize(
    "described",
    [refusal("ValidationError"), {"Stacks": [{"StackStatus": "ROLLBACK_COMPLETE"}]}],
    ids=["nothing there", "an earlier one failed"],
)
def test_first_deploy_has_nothing_to_lose(
    subject: Subject, session: boto3.Session, forgetful: Assembly, described: dict[str, Any]
) -> None:
    answer(session, "cloudformation.DescribeStacks", described)
    (finding,) = update(subject, forgetful)
    assert finding == Finding(Mark.OK, "nothing is deployed yet")


def test_every_guard_is_asked_and_all_that_refuse_are_told(
    subject: Subject, firing: str, forgetful: Assembly
) -> None:
    guard = UpdateGuard(forgetful, tuple(forgetful.templates))
    results = Guards().look(subject, Check("update", guard.check))
    names = {result.check for result in refused(results)}
    assert {"bootstrap", "rollout", "alarms", "update"} <= names
    told = [news.text for news in tell(results) if news.level is Level.BAD]
    assert len(told) == len(refused(results))
    assert any(text.startswith(f"alarms: {firing}") for text in told)


def test_what_is_all_right_is_only_counted() -> None:
    results = [Result("one", Finding(Mark.OK, "fine")), Result("two", Finding(Mark.OK, "fine"))]
    (news,) = tell(results)
    assert news.text == "2 of 2 checks found nothing to say"
