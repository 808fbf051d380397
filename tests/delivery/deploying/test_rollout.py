"""How ECS's rollout is told: every change of the counts, every trouble, nothing twice."""

from typing import Any

from delivery.deploying.deployed import DeployedStage
from delivery.deploying.news import Level, News
from delivery.deploying.rollout import Rollout
from tests.delivery.deploying.account import Clock, FakeAccount
from tests.delivery.deploying.ecs import account, deployment, message, service, step, two_fleets


def polled(rollout: Rollout) -> list[News]:
    return [news for _, poll in rollout.parts for news in poll()]


def rollout_of(asked: FakeAccount, clock: Clock | None = None) -> Rollout:
    return Rollout(DeployedStage(asked, "dev"), clock or Clock())


def describe(asked: FakeAccount, *deployments: dict[str, Any], **changes: Any) -> None:
    asked.answers["DescribeServices"] = {"services": [service(*deployments, **changes)]}


NEW = deployment(2, runningCount=0, pendingCount=2, rolloutState="IN_PROGRESS")
OLD = deployment(1, status="ACTIVE")


def test_counts_are_told_when_they_change_and_only_then() -> None:
    asked = account(service())
    rollout = rollout_of(asked)
    rollout.mark()
    describe(asked, NEW, OLD)
    (news,) = polled(rollout)
    assert news.text == (
        "revision 2: 0 of 2 running, 2 pending (IN_PROGRESS); "
        "revision 1, being replaced: 2 running; targets: 2 healthy"
    )
    assert polled(rollout) == []


def test_finished_rollout_is_good_news_and_a_failed_one_has_its_reason() -> None:
    asked = account(service(NEW, OLD))
    rollout = rollout_of(asked)
    rollout.mark()
    describe(asked, deployment(2))
    assert [news.level for news in polled(rollout)] == [Level.GOOD]
    reason = "ECS deployment circuit breaker: tasks failed to start."
    describe(asked, deployment(2, rolloutState="FAILED", rolloutStateReason=reason))
    (news,) = polled(rollout)
    assert (news.level, news.lines) == (Level.BAD, (reason,))


def test_messages_of_ecs_that_tell_of_trouble_are_told_once() -> None:
    asked = account(service(events=[message("0", "(service s) was unable to do what is past")]))
    rollout = rollout_of(asked)
    rollout.mark()
    events = [
        message("2", "(service s) was unable to place a task. Capacity is unavailable."),
        message("1", "(service s) has started 1 tasks: (task a)."),
        message("0", "(service s) was unable to do what is past"),
    ]
    describe(asked, events=events)
    told = [news.text for news in polled(rollout) if news.kind == "ecs"]
    assert told == ["ECS: was unable to place a task. Capacity is unavailable."]
    assert [news for news in polled(rollout) if news.kind == "ecs"] == []


def test_load_balancers_own_words_are_told_of_a_target_that_is_not_well() -> None:
    ill = {
        "Target": {"Id": "10.0.0.1"},
        "TargetHealth": {
            "State": "unhealthy",
            "Description": "Health checks failed with these codes: [503]",
        },
    }
    asked = account(service(NEW, OLD))
    asked.answers["DescribeTargetHealth"] = {"TargetHealthDescriptions": [ill, ill]}
    (news,) = polled(rollout_of(asked))
    assert "targets: 2 unhealthy" in news.text
    assert news.lines == ("the load balancer: Health checks failed with these codes: [503]",)


def test_each_step_of_two_fleets_is_told() -> None:
    asked = account(service(NEW, OLD, **two_fleets()))
    asked.answers["DescribeServiceDeployments"] = step("PRODUCTION_TRAFFIC_SHIFT", 10.0)
    rollout = rollout_of(asked)
    (news,) = polled(rollout)
    assert "PRODUCTION_TRAFFIC_SHIFT, 10 % of the requests to the new tasks" in news.text
    assert (news.facts["step"], news.facts["new_percent"]) == ("PRODUCTION_TRAFFIC_SHIFT", 10.0)
    asked.answers["DescribeServiceDeployments"] = step("BAKE_TIME", 100.0)
    (news,) = polled(rollout)
    assert "BAKE_TIME, 100 %" in news.text
    assert polled(rollout) == []


def test_targets_of_the_second_group_count() -> None:
    asked = account(service(**two_fleets()), DescribeServiceDeployments={"serviceDeployments": []})
    rollout = rollout_of(asked)
    polled(rollout)
    assert rollout.targets == {"healthy": 4}


def test_service_that_is_not_there_yet_is_looked_for_until_it_is() -> None:
    asked = account(service(), ListStackResources=[])
    rollout = rollout_of(asked)
    rollout.mark()
    assert polled(rollout) == []
    cluster = {"ResourceType": "AWS::ECS::Cluster", "PhysicalResourceId": "cluster"}
    asked.answers |= {
        "ListStackResources": [cluster],
        "ListServices": ["arn:aws:ecs:us-east-1:123456789012:service/cluster/service"],
    }
    assert [news.kind for news in polled(rollout)] == ["rollout"]


def test_time_counts_from_the_beginning_of_each_deployment() -> None:
    clock, asked = Clock(), account(service(NEW, OLD))
    rollout = rollout_of(asked, clock)
    polled(rollout)
    clock.now = 60
    assert rollout.runs_for_seconds == 60
    describe(asked, NEW | {"id": "ecs-svc/3"}, OLD)
    polled(rollout)
    assert rollout.runs_for_seconds == 0
    describe(asked, deployment(3))
    polled(rollout)
    clock.now = 600
    assert rollout.runs_for_seconds == 0
