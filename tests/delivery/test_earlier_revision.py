"""A finished update goes a revision back: which one, what of it is shown, and what stops it."""

from typing import Any

import pytest

from delivery.deploying.outcome import Outcome
from delivery.errors import DeliveryError
from tests.delivery.deploying.account import denied, refusal
from tests.delivery.deploying.ecs import deployment, service, two_fleets
from tests.delivery.formation import Formation
from tests.delivery.ways import REGISTRY, Ways, account, described, history, saying

DIGEST = "sha256:" + "ab" * 32


def image_of(template: dict[str, Any]) -> str:
    (container,) = template["Resources"]["Task"]["Properties"]["ContainerDefinitions"]
    return str(container["Image"])


def test_what_would_change_is_shown_before_anybody_is_asked(
    ways: Ways, formation: Formation
) -> None:
    ways.agrees = False
    outcome, told = ways.back(account(formation))
    assert outcome is Outcome.REFUSED
    assert (
        "from revision 2 to what revision 1 was, which ran since 2026-07-01 12:00"
        in (told.texts[0])
    )
    change = f"containerDefinitions.service.image: {REGISTRY}:2 -> {REGISTRY}:1"
    assert change in told.texts
    assert told.texts[-1] == "nothing was changed"
    assert not ways.templates
    assert not ways.carried_out


def test_template_has_the_earlier_values_and_a_failing_smoke_test_leads_to_the_runbook(
    ways: Ways, formation: Formation
) -> None:
    ways.back(account(formation))
    assert image_of(ways.templates[0]) == f"{REGISTRY}:1"
    assert ways.carried_out[0].remedy == "read docs/runbook.md#a-deploy-fails"


def test_second_way_back_does_not_lead_to_the_release_that_was_taken_back(
    ways: Ways, formation: Formation
) -> None:
    """Of 1, 2 and 3 the last was bad; 4 is 2 again."""

    def says(taskDefinition: str) -> dict[str, Any]:
        number = taskDefinition.rpartition(":")[2]
        return saying(f"{REGISTRY}:{'2' if number == '4' else number}")

    runs_4 = {"services": [service(deployment(4), loadBalancers=[])]}
    changes = history(1, 2, 3, 4) | {"DescribeTaskDefinition": says, "DescribeServices": runs_4}
    _, told = ways.back(account(formation, **changes))
    assert image_of(ways.templates[0]) == f"{REGISTRY}:1"
    assert "what ran in between was taken back already: 3; TO= brings one of them" in told.texts
    ways.back(account(formation, **changes), to="3")
    assert image_of(ways.templates[1]) == f"{REGISTRY}:3"
    with pytest.raises(DeliveryError, match="revision 2 says the same as 4, which runs"):
        ways.back(account(formation, **changes), to="2")


def test_nothing_is_chosen_where_all_was_taken_back(ways: Ways, formation: Formation) -> None:
    """Of 1 and 2 the last was bad; 3 is 1 again, which TO= would not bring."""

    def says(taskDefinition: str) -> dict[str, Any]:
        return saying("two" if taskDefinition.endswith(":2") else "one")

    runs_3 = {"services": [service(deployment(3), loadBalancers=[])]}
    changes = history(1, 2, 3) | {"DescribeTaskDefinition": says, "DescribeServices": runs_3}
    with pytest.raises(DeliveryError, match="was taken back already; name one of 2 with TO="):
        ways.back(account(formation, **changes))


def test_release_that_was_only_deployed_again_has_none_to_name(
    ways: Ways, formation: Formation
) -> None:
    same = {"DescribeTaskDefinition": lambda taskDefinition: saying("one")}
    with pytest.raises(DeliveryError, match="was taken back already; deploy an earlier commit"):
        ways.back(account(formation, **same))


def test_first_release_has_nothing_before_it(ways: Ways, formation: Formation) -> None:
    with pytest.raises(DeliveryError, match="no other revision that has run"):
        ways.back(account(formation, **history(2)))


def test_revision_that_never_ran_is_refused_with_those_that_did(
    ways: Ways, formation: Formation
) -> None:
    with pytest.raises(DeliveryError, match=r"got '7'; revision 2 runs, and these have run: 1"):
        ways.back(account(formation), to="7")


def test_revision_that_was_deleted_is_said_so(ways: Ways, formation: Formation) -> None:
    def says(taskDefinition: str) -> Any:
        gone = taskDefinition.endswith(":1")
        return refusal("ClientException") if gone else described(taskDefinition)

    with pytest.raises(DeliveryError, match="revision 1 was deleted; deploy an earlier commit"):
        ways.back(account(formation, DescribeTaskDefinition=says))


def test_rollout_that_no_update_began_is_not_overtaken(ways: Ways, formation: Formation) -> None:
    runs = service(
        deployment(2, rolloutState="IN_PROGRESS"),
        loadBalancers=[],
        currentServiceDeployment="deployment/1",
    )
    with pytest.raises(DeliveryError, match="--service-deployment-arn deployment/1"):
        ways.back(account(formation, DescribeServices={"services": [runs]}))
    del runs["currentServiceDeployment"]
    with pytest.raises(DeliveryError, match=r"wait for its end$"):
        ways.back(account(formation, DescribeServices={"services": [runs]}))


def test_two_fleets_take_the_time_of_their_steps(ways: Ways, formation: Formation) -> None:
    runs = service(deployment(2), **two_fleets("LINEAR"))
    answers = {
        "DescribeServices": {"services": [runs]},
        "DescribeServiceDeployments": {"serviceDeployments": []},
    }
    ways.agrees = False
    _, told = ways.back(account(formation, **answers))
    assert any("with 30 minutes of steps and bake" in text for text in told.texts)


# Images.


@pytest.mark.parametrize("code", ["ImageNotFoundException", "RepositoryNotFoundException"])
def test_image_that_is_gone_stops_the_way_back(ways: Ways, formation: Formation, code: str) -> None:
    with pytest.raises(DeliveryError, match=f"{REGISTRY}:1 is not in its repository any more"):
        ways.back(account(formation, DescribeImages=refusal(code)))
    assert ways.carried_out == []


@pytest.mark.parametrize("error", [refusal("ThrottlingException"), denied("ecr:DescribeImages")])
def test_image_that_cannot_be_seen_is_said_and_stops_nothing(
    ways: Ways, formation: Formation, error: Exception
) -> None:
    outcome, told = ways.back(account(formation, DescribeImages=error))
    assert outcome is Outcome.DONE
    assert any("is still there cannot be seen" in text for text in told.texts)


@pytest.mark.parametrize(
    ("image", "question"),
    [
        (
            f"999999999999.dkr.ecr.us-east-1.amazonaws.com/team/llm@{DIGEST}",
            {
                "registryId": "999999999999",
                "repositoryName": "team/llm",
                "imageIds": [{"imageDigest": DIGEST}],
            },
        ),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/llm:1", None),
        ("public.ecr.aws/llm/llm:1", None),
        ("ghcr.io/llm/llm:1", None),
    ],
    ids=["another account, by digest", "another region", "public", "another registry"],
)
def test_image_is_asked_for_where_it_is(
    ways: Ways, formation: Formation, image: str, question: dict[str, Any] | None
) -> None:
    asked: list[dict[str, Any]] = []

    def images(**parameters: Any) -> dict[str, Any]:
        asked.append(parameters)
        return {"imageDetails": [{}]}

    def says(taskDefinition: str) -> dict[str, Any]:
        return saying(image) if taskDefinition.endswith(":1") else described(taskDefinition)

    ways.back(account(formation, DescribeTaskDefinition=says, DescribeImages=images))
    assert asked == ([question] if question else [])


def test_stage_whose_service_is_gone_has_no_way_back(ways: Ways, formation: Formation) -> None:
    with pytest.raises(DeliveryError, match="stage dev has no service"):
        ways.back(account(formation, DescribeServices={"services": []}))
