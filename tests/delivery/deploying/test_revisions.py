"""What ran before, by ECS's own record of rollouts that went well."""

from datetime import timedelta
from typing import Any

from delivery.deploying.deployed import DeployedStage, ServiceAddress
from delivery.deploying.revisions import ran_before
from tests.delivery.deploying.account import FakeAccount
from tests.delivery.deploying.ecs import WHEN, definition

ADDRESS = ServiceAddress("cluster", "service")


def account(*finished: int) -> FakeAccount:
    """Rollouts of these revisions went well, one an hour, the first one first."""
    deployments: list[dict[str, Any]] = [
        {"targetServiceRevisionArn": f"revision/{at}", "createdAt": WHEN + timedelta(hours=at)}
        for at in range(len(finished))
    ]
    revisions = [
        {"serviceRevisionArn": f"revision/{at}", "taskDefinition": definition(number)}
        for at, number in enumerate(finished)
    ]
    return FakeAccount(
        ListServiceDeployments={"serviceDeployments": deployments},
        DescribeServiceRevisions=lambda serviceRevisionArns: {
            "serviceRevisions": [
                item for item in revisions if item["serviceRevisionArn"] in serviceRevisionArns
            ]
        },
    )


def before(*finished: int) -> list[str]:
    stage = DeployedStage(account(*finished), "dev")
    current = definition(finished[-1])
    return [ran.revision for ran in ran_before(stage, ADDRESS, current)]


def test_last_one_that_ran_comes_first() -> None:
    assert before(41, 42, 43) == ["42", "41"]


def test_revision_that_never_finished_a_rollout_is_none_of_them() -> None:
    assert before(41, 43) == ["41"]  # 42 failed


def test_revision_that_ran_twice_is_there_once_with_its_last_time() -> None:
    stage = DeployedStage(account(41, 42, 41, 43), "dev")
    found = ran_before(stage, ADDRESS, definition(43))
    assert [ran.revision for ran in found] == ["41", "42"]
    assert found[0].since == WHEN + timedelta(hours=2)


def test_first_deploy_has_nothing_before_it() -> None:
    assert before(1) == []


def test_many_revisions_are_asked_for_in_several_calls() -> None:
    assert len(before(*range(1, 61))) == 59
