"""The time limits hold together for every longest generation that the settings allow."""

import pytest

from infra.sections.limits import LimitSettings
from infra.timeouts import (
    FETCH_MIB_PER_SECOND,
    MAX_DEREGISTRATION_DELAY_SECONDS,
    MAX_IDLE_TIMEOUT_SECONDS,
    MAX_STOP_TIMEOUT_SECONDS,
    DeployPatience,
    ScalingPace,
    TimeoutBudget,
)

ALLOWED = LimitSettings.model_json_schema()["properties"]["longest_generation_seconds"]
BUDGETS = [
    TimeoutBudget(seconds, spot=spot)
    for seconds in range(ALLOWED["minimum"], ALLOWED["maximum"] + 1)
    for spot in (False, True)
]
# ECS's most for a container's start period.
MAX_START_PERIOD_SECONDS = 300
# What a restart of the engine after its death may take; with the bundled model it takes 2 to 3.
ENGINE_RESTART_SECONDS = 10


def test_the_load_balancer_outwaits_the_longest_silent_request() -> None:
    assert all(b.idle_timeout_seconds > b.longest_request_seconds for b in BUDGETS)


def test_the_service_keeps_idle_connections_longer_than_the_load_balancer() -> None:
    assert all(b.keep_alive_seconds > b.idle_timeout_seconds for b in BUDGETS)


def test_a_rollout_waits_for_the_longest_request() -> None:
    assert all(b.deregistration_delay_seconds > b.longest_request_seconds for b in BUDGETS)


def test_no_request_waits_longer_in_the_queue_than_it_may_generate() -> None:
    assert all(0 < b.max_wait_seconds <= b.longest_generation_seconds for b in BUDGETS)


def test_draining_serves_then_finishes_then_leaves_time_to_exit() -> None:
    for budget in BUDGETS:
        assert 0 < budget.drain_lag_seconds < budget.drain_seconds
        assert budget.drain_seconds + budget.exit_seconds <= budget.stop_timeout_seconds


def test_a_stopped_task_finishes_any_request_unless_fargate_cuts_it_short() -> None:
    for budget in BUDGETS:
        whole = budget.drain_lag_seconds + budget.longest_request_seconds
        assert (
            budget.drain_seconds >= whole or budget.stop_timeout_seconds == MAX_STOP_TIMEOUT_SECONDS
        )


def test_a_task_on_spot_serves_until_the_load_balancer_has_found_out_that_it_goes() -> None:
    budget = TimeoutBudget(300, spot=True)
    # Three failed checks, 10 s apart, the last of which may take 5 s.
    assert budget.drain_lag_seconds == 35
    assert budget.drain_seconds == TimeoutBudget(300).drain_seconds == 105


def test_all_limits_are_within_those_of_aws() -> None:
    for budget in BUDGETS:
        assert budget.idle_timeout_seconds <= MAX_IDLE_TIMEOUT_SECONDS
        assert budget.deregistration_delay_seconds <= MAX_DEREGISTRATION_DELAY_SECONDS
        assert budget.stop_timeout_seconds <= MAX_STOP_TIMEOUT_SECONDS
        assert budget.loading_seconds <= MAX_START_PERIOD_SECONDS


def test_the_settings_allow_all_that_aws_allows() -> None:
    beyond = TimeoutBudget(BUDGETS[-1].longest_generation_seconds + 1)
    assert beyond.deregistration_delay_seconds > MAX_DEREGISTRATION_DELAY_SECONDS


def test_a_restart_of_the_engine_does_not_cost_the_task() -> None:
    budget = BUDGETS[0]
    patience = budget.target_check_interval_seconds * budget.target_unhealthy_checks
    assert patience > ENGINE_RESTART_SECONDS


def test_checks_end_before_the_next_begins() -> None:
    budget = BUDGETS[0]
    assert budget.target_check_timeout_seconds < budget.target_check_interval_seconds
    assert budget.container_check_timeout_seconds < budget.container_check_interval_seconds


def test_a_starting_task_is_not_judged_before_it_can_be_healthy() -> None:
    budget = BUDGETS[0]
    first_checks = budget.target_check_interval_seconds * budget.target_healthy_checks
    assert budget.health_check_grace_seconds >= budget.startup_seconds + first_checks


@pytest.mark.parametrize(
    ("longest", "wait", "idle", "stop", "drain"),
    [(10, 5, 25, 35, 20), (120, 30, 160, 120, 105), (300, 60, 370, 120, 105)],
)
def test_the_numbers_of_typical_stages(
    longest: int, wait: int, idle: int, stop: int, drain: int
) -> None:
    budget = TimeoutBudget(longest)
    assert budget.max_wait_seconds == wait
    assert budget.idle_timeout_seconds == idle
    assert budget.stop_timeout_seconds == stop
    assert budget.drain_seconds == drain


def test_weights_that_are_fetched_lengthen_the_start_by_their_size() -> None:
    bundled, small, large = (TimeoutBudget(300, fetched_mib=mib) for mib in (0, 100, 50_000))
    assert bundled.startup_seconds == bundled.loading_seconds
    assert small.startup_seconds == small.fetch_seconds + small.loading_seconds
    assert large.fetch_seconds - small.fetch_seconds == (50_000 - 100) / FETCH_MIB_PER_SECOND
    assert large.health_check_grace_seconds > large.startup_seconds


def test_the_containers_own_check_need_not_wait_for_the_fetch() -> None:
    # Liveness answers meanwhile, and ECS allows a start period of five minutes at most.
    assert TimeoutBudget(300, fetched_mib=50_000).loading_seconds <= MAX_START_PERIOD_SECONDS


def test_scaling_waits_until_what_it_did_last_shows_in_the_metric() -> None:
    pace = ScalingPace(TimeoutBudget(300))
    # 45 s to place it and pull its image, 10 s to be ready, two good checks.
    assert pace.start_seconds == 75
    assert pace.scale_out_cooldown_seconds == 75 + 60
    assert pace.scale_in_cooldown_seconds == 3 * 60 + 75 + 60


def test_scaling_waits_longer_for_tasks_that_fetch_their_weights() -> None:
    bundled, own = (ScalingPace(TimeoutBudget(300, fetched_mib=mib)) for mib in (0, 5_000))
    assert own.start_seconds - bundled.start_seconds == 5_000 / FETCH_MIB_PER_SECOND + 50
    assert own.start_seconds < TimeoutBudget(300, fetched_mib=5_000).health_check_grace_seconds


def test_a_rollout_is_not_called_hung_before_ecs_has_given_up_or_drained() -> None:
    for budget in BUDGETS:
        patience = DeployPatience(budget).rollout_seconds
        assert patience > 3 * budget.health_check_grace_seconds
        assert patience > budget.startup_seconds + budget.deregistration_delay_seconds


def test_a_rollout_with_two_fleets_has_its_planned_time_as_well() -> None:
    short, long = (DeployPatience(BUDGETS[0], minutes).rollout_seconds for minutes in (60, 120))
    assert long - short == 3600


def test_a_deploy_has_time_for_the_way_back() -> None:
    patience = DeployPatience(BUDGETS[0], 60)
    assert patience.whole_seconds > 2 * patience.rollout_seconds
