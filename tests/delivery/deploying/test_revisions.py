"""What ran before, by ECS's own record of rollouts that went well."""

from datetime import timedelta
from typing import Any

from delivery.deploying.deployed import DeployedStage, ServiceAddress
from delivery.deploying.revisions import History, history_of
from tests.delivery.deploying.account import FakeAccount, refusal
from tests.delivery.deploying.ecs import WHEN, definition

ADDRESS = ServiceAddress("cluster", "service")
# What a revision says is its number, where a test does not say otherwise.
Says = dict[int, str]


def account(*finished: int, says: Says, images: Says) -> FakeAccount:
    """Rollouts of these revisions went well, one an hour, the first one first."""
    deployments: list[dict[str, Any]] = [
        {"targetServiceRevisionArn": f"revision/{at}", "createdAt": WHEN + timedelta(hours=at)}
        for at in range(len(finished))
    ]
    revisions = [
        {
            "serviceRevisionArn": f"revision/{at}",
            "taskDefinition": definition(number),
            "containerImages": [{"image": images.get(number, "image")}],
        }
        for at, number in enumerate(finished)
    ]

    def describe(taskDefinition: str) -> dict[str, Any] | None:
        number = int(taskDefinition.rpartition(":")[2])
        return {"taskDefinition": {"cpu": says.get(number, str(number))}}

    return FakeAccount(
        ListServiceDeployments={"serviceDeployments": deployments},
        DescribeServiceRevisions=lambda serviceRevisionArns: {
            "serviceRevisions": [
                item for item in revisions if item["serviceRevisionArn"] in serviceRevisionArns
            ]
        },
        DescribeTaskDefinition=describe,
    )


def history(
    *finished: int, current: int = 0, says: Says | None = None, images: Says | None = None
) -> History:
    asked = account(*finished, says=says or {}, images=images or {})
    now = definition(current or finished[-1])
    return history_of(DeployedStage(asked, "dev"), ADDRESS, now)


def before(*finished: int, current: int = 0, says: Says | None = None) -> list[str]:
    return [ran.revision for ran in history(*finished, current=current, says=says).before]


def test_last_one_that_ran_comes_first() -> None:
    assert before(41, 42, 43) == ["42", "41"]


def test_revision_that_never_finished_a_rollout_is_none_of_them() -> None:
    assert before(41, 43) == ["41"]  # 42 failed


def test_first_deploy_has_nothing_before_it() -> None:
    assert before(1) == []


def test_many_revisions_are_asked_for_in_several_calls() -> None:
    assert len(before(*range(1, 61))) == 59


def test_release_that_was_taken_back_is_no_way_back() -> None:
    assert before(41, 42, 43, 44, says={44: "42"}) == ["41"]


def test_second_way_back_leads_further_back_and_not_to_the_release_that_was_bad() -> None:
    # 44 is 42 again, 45 is 41 again: 43 and 42 were taken back, one after the other.
    assert before(41, 42, 43, 44, 45, says={44: "42", 45: "41"}) == []


def test_release_after_a_way_back_has_the_returned_one_before_it() -> None:
    assert before(41, 42, 43, 44, says={43: "41"}) == ["43"]


def test_release_that_cloudformation_took_back_is_no_way_back() -> None:
    # The rollout of 42 went well; another resource of its update did not.
    assert before(40, 41, 42, 41) == ["40"]


def test_every_revision_that_ran_can_still_be_named() -> None:
    found = history(41, 42, 41, 43)
    assert [ran.revision for ran in found.before] == ["41"]
    assert [ran.revision for ran in found.ran] == ["41", "42"]
    assert found.ran[0].since == WHEN + timedelta(hours=2)


def test_revision_whose_rollout_has_not_gone_well_yet_has_all_the_others_before_it() -> None:
    assert before(41, 42, current=43) == ["42", "41"]
    assert before(41, 42, current=41) == []


def test_revisions_with_other_images_are_not_asked_for() -> None:
    images = {number: f"image:{number}" for number in (41, 42, 43)}
    asked = account(41, 42, 43, says={}, images=images)
    history_of(DeployedStage(asked, "dev"), ADDRESS, definition(43))
    assert "DescribeTaskDefinition" not in asked.asked


def test_revision_that_was_deleted_is_the_same_as_no_other() -> None:
    asked = account(41, 42, says={}, images={})
    asked.answers["DescribeTaskDefinition"] = refusal("ClientException")
    found = history_of(DeployedStage(asked, "dev"), ADDRESS, definition(42))
    assert [ran.revision for ran in found.before] == ["41"]
