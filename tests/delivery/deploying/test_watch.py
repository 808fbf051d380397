"""The watch goes on whatever AWS refuses, says it once, and ends at its deadline."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from moto import mock_aws

from delivery.deploying.alarm_watch import AlarmWatch
from delivery.deploying.deployed import DeployedStage
from delivery.deploying.news import Level
from delivery.deploying.rollout import Rollout
from delivery.deploying.stack_events import StackEvents
from delivery.deploying.watch import Deadlines, Overdue, Watch
from operations.account import PATIENT, SIGN_IN, Account, CouldNotAsk, NoAnswer, NoCredentials
from tests.delivery.deploying.account import Clock, FakeAccount, Listener, denied
from tests.delivery.deploying.ecs import account, deployment, message, service, task

RUNNING = deployment(2, runningCount=1, pendingCount=1, rolloutState="IN_PROGRESS")


def watching(asked: FakeAccount, clock: Clock | None = None) -> tuple[Watch, Listener]:
    clock, listener = clock or Clock(), Listener()
    asked.answers.setdefault("DescribeStackEvents", {"StackEvents": []})
    asked.answers.setdefault("DescribeStacks", [])
    stage = DeployedStage(asked, "dev")
    watch = Watch(
        stacks=StackEvents(asked, ["llm-on-ecs-dev-inference"]),
        rollout=Rollout(stage, clock),
        alarms=AlarmWatch(stage),
        teller=listener,
        deadlines=Deadlines(rollout_seconds=100, whole_seconds=1000),
        clock=clock,
    )
    return watch, listener


def test_refused_permission_is_named_once_and_the_rest_is_watched() -> None:
    refused = denied("elasticloadbalancing:DescribeTargetHealth")
    asked = account(service(RUNNING), task(), DescribeTargetHealth=refused)
    watch, listener = watching(asked)
    watch.poll()
    watch.poll()
    complaints = [text for text in listener.texts if "needs permission" in text]
    assert complaints == [
        "the targets' health cannot be seen now: needs permission "
        "elasticloadbalancing:DescribeTargetHealth; it goes on without"
    ]
    assert any("stopped: Essential container" in text for text in listener.texts)
    assert any("revision 2: 1 of 2 running" in text for text in listener.texts)


def test_refusal_to_show_what_was_before_does_not_stop_the_watch() -> None:
    asked = account(service(RUNNING), DescribeServices=denied("ecs:DescribeServices"))
    watch, listener = watching(asked)
    watch.mark()
    watch.poll()
    assert len([text for text in listener.texts if "ecs:DescribeServices" in text]) == 1


def test_what_ecs_did_not_say_was_before_stays_untold() -> None:
    described = service(RUNNING, events=[message("1", "(service x) is unhealthy in a group")])
    asked = account(described, task(), DescribeServices=CouldNotAsk("slow down"))
    watch, listener = watching(asked)
    watch.mark()
    asked.answers["DescribeServices"] = {"services": [described]}
    watch.poll()
    assert not any("stopped" in text or "unhealthy" in text for text in listener.texts)
    soon = datetime.now(UTC) + timedelta(seconds=1)
    described["events"].append(message("2", "(service x) is unhealthy again") | {"createdAt": soon})
    asked.answers["DescribeTasks"] = {"tasks": [task("b" * 32, createdAt=soon)]}
    asked.answers["ListTasks"] = ["b" * 32]
    watch.poll()
    assert "ECS: is unhealthy again" in listener.texts
    assert any(text.startswith("task bbbbbbbb of revision 2 stopped") for text in listener.texts)


def test_credentials_that_end_are_said_once_with_what_to_do_beside_an_old_picture() -> None:
    clock = Clock()
    asked = account(service(RUNNING))
    watch, listener = watching(asked, clock)
    watch.poll()
    answers = dict(asked.answers)
    asked.answers = dict.fromkeys(answers, NoCredentials("the sign-in has expired"))
    for clock.now in (10, 50):
        watch.poll()
    assert listener.of(Level.WARNING) == [
        f"the service cannot be seen now: the sign-in has expired; {SIGN_IN}; it goes on without"
    ]
    assert listener.pictures[-1].unseen["the service"] == 40
    assert listener.pictures[-1].generations == listener.pictures[0].generations
    asked.answers = answers
    watch.poll()
    assert "the service can be seen again" in listener.texts
    assert "the service" not in listener.pictures[-1].unseen


def test_deadline_is_kept_though_nothing_comes_back() -> None:
    """Each question is waited for in vain for a minute; there are about ten in a poll."""
    clock = Clock()
    asked = account(service(RUNNING))
    watch, _ = watching(asked, clock)
    watch.poll()

    def wait_in_vain(**_: Any) -> None:
        clock.now += 60
        raise NoAnswer("ecs did not answer")

    asked.answers = dict.fromkeys(asked.answers, wait_in_vain)
    with pytest.raises(Overdue):
        watch.poll()
    assert clock.now == 120, "the limit is 100"


def test_poll_that_fails_is_said_and_the_next_one_sees_again() -> None:
    asked = account(service(RUNNING), DescribeStackEvents=CouldNotAsk("it did not answer"))
    watch, listener = watching(asked)
    watch.poll()
    event = {
        "EventId": "1",
        "Timestamp": datetime(2026, 7, 1, tzinfo=UTC),
        "LogicalResourceId": "Service",
        "ResourceType": "AWS::ECS::Service",
        "ResourceStatus": "UPDATE_COMPLETE",
    }
    asked.answers["DescribeStackEvents"] = {"StackEvents": [event]}
    watch.poll()
    assert listener.of(Level.WARNING) == [
        "stack events cannot be seen now: it did not answer; it goes on without"
    ]
    assert "Service (AWS::ECS::Service): UPDATE_COMPLETE" in listener.texts


def test_rollout_that_never_ends_ends_the_watch_with_its_counts() -> None:
    clock = Clock()
    watch, _ = watching(account(service(RUNNING)), clock)
    watch.poll()
    clock.now = 99
    watch.poll()
    clock.now = 101
    with pytest.raises(Overdue, match=r"rollout of revision 2 .* 100 s, with 1 of 2 tasks running"):
        watch.poll()


def test_deploy_that_never_ends_ends_the_watch_though_no_task_is_replaced() -> None:
    clock = Clock()
    asked = account(service())
    certificate = {
        "EventId": "1",
        "Timestamp": datetime(2026, 7, 1, tzinfo=UTC),
        "LogicalResourceId": "Certificate",
        "ResourceType": "AWS::CertificateManager::Certificate",
        "ResourceStatus": "CREATE_IN_PROGRESS",
    }
    asked.answers["DescribeStackEvents"] = {"StackEvents": [certificate]}
    watch, _ = watching(asked, clock)
    watch.poll()
    clock.now = 1001
    with pytest.raises(Overdue, match="at work on: Certificate"):
        watch.poll()


def test_picture_shows_what_is_known() -> None:
    watch, listener = watching(account(service(RUNNING)))
    watch.poll()
    (picture,) = listener.pictures
    assert [item.revision for item in picture.generations] == ["2"]
    assert picture.targets == {"healthy": 2}


@mock_aws
def test_throttled_call_is_tried_again_after_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("botocore.endpoint.time.sleep", pauses.append)
    session = boto3.Session(region_name="us-east-1")
    answers: list[Any] = [throttled(), throttled()]

    def answer(**_: Any) -> Any:
        return answers.pop() if answers else None

    asked = Account(session, PATIENT)
    session.events.register_first("before-send.ecs.ListClusters", answer)
    assert asked.ask_all("ecs", "ListClusters", "clusterArns") == []
    assert len(pauses) == 2


class _Body:
    def stream(self) -> Any:
        yield b'{"__type": "ThrottlingException", "message": "Rate exceeded"}'


def throttled() -> AWSResponse:
    headers = {"x-amzn-requestid": "1"}
    return AWSResponse("https://ecs", 400, headers, _Body())  # type: ignore[arg-type]
