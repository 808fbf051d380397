"""Who gets the requests of two fleets, and how long it takes to move them."""

import pytest

from delivery.deploying.deployed import DeployedStage, target_groups
from delivery.deploying.traffic import planned_minutes, shares, shift_of
from tests.delivery.deploying.account import FakeAccount
from tests.delivery.deploying.ecs import GROUP, SECOND, rule, service, step, two_fleets

CANARY = service(**two_fleets())
ROLLING = service()


def stage(**answers: object) -> DeployedStage:
    return DeployedStage(FakeAccount(**answers), "dev")


def test_both_target_groups_of_a_port_are_known() -> None:
    assert target_groups(CANARY) == {GROUP: 8080, SECOND: 8080}
    assert list(target_groups(ROLLING)) == [GROUP]


def test_step_and_share_of_the_new_tasks_are_ecss_own_words() -> None:
    shift = shift_of(stage(DescribeServiceDeployments=step("BAKE_TIME", 100.0)), CANARY)
    assert str(shift) == "BAKE_TIME, 100 % of the requests to the new tasks"
    shift = shift_of(stage(DescribeServiceDeployments=step("SCALE_UP")), CANARY)
    assert str(shift) == "SCALE_UP"


def test_rollout_that_is_over_moves_nothing() -> None:
    over = step("BAKE_TIME", 100.0, status="SUCCESSFUL")
    assert shift_of(stage(DescribeServiceDeployments=over), CANARY) is None


def test_rolling_update_is_not_asked_for() -> None:
    asked = stage()
    assert shift_of(asked, ROLLING) is None
    assert shares(asked, ROLLING) == {}


@pytest.mark.parametrize(("weights", "percent"), [((100, 0), (100, 0)), ((3, 1), (75, 25))])
def test_weights_of_the_rule_are_shares_of_the_requests(
    weights: tuple[int, int], percent: tuple[float, float]
) -> None:
    found = shares(stage(DescribeRules=rule(*weights)), CANARY)
    assert (found[GROUP], found[SECOND]) == percent


@pytest.mark.parametrize(
    ("strategy", "minutes"),
    [
        ("BLUE_GREEN", 15),
        ("CANARY", 20),
        ("LINEAR", 30),  # 30, 60 and 90 percent for five minutes each, and the bake
        ("ROLLING", 0),
    ],
)
def test_planned_time_is_that_of_steps_and_bake(strategy: str, minutes: int) -> None:
    assert planned_minutes(service(**two_fleets(strategy))) == minutes


def test_service_that_says_nothing_of_its_deployments_is_rolled_over() -> None:
    assert planned_minutes(ROLLING) == 0
