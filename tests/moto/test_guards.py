"""What stops a deploy, in an account that has the watched stage deployed."""

from collections.abc import Iterator
from typing import Literal

import boto3
import pytest
from moto import mock_aws

from delivery.deploying.guards import Guards, check_rollout, refused, tell
from delivery.deploying.news import Level
from operations.account import Account
from operations.preflight.finding import Check, Finding, Mark, Subject
from operations.preflight.run import Result, run_check
from operations.stage import SynthesisedStage, read_assembly
from tests.moto.answers import answer, refusal
from tests.moto.test_watching import WATCHED, deploy


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SynthesisedStage]:
    """The stage, in whose account it is deployed."""
    folder = tmp_path_factory.mktemp("guards") / "stage"
    with mock_aws():
        deploy(WATCHED, folder)
        yield read_assembly(folder, settings=WATCHED.settings())


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


def test_every_guard_is_asked_and_all_that_refuse_are_told(subject: Subject, firing: str) -> None:
    results = Guards().look(subject)
    names = {result.check for result in refused(results)}
    assert {"bootstrap", "rollout", "alarms"} <= names
    told = [news.text for news in tell(results) if news.level is Level.BAD]
    assert len(told) == len(refused(results))
    assert any(text.startswith(f"alarms: {firing}") for text in told)


def test_what_is_all_right_is_only_counted() -> None:
    results = [Result("one", Finding(Mark.OK, "fine")), Result("two", Finding(Mark.OK, "fine"))]
    (news,) = tell(results)
    assert news.text == "2 of 2 checks found nothing to say"
