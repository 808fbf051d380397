"""What the load balancer may be told."""

import pytest
from pydantic import ValidationError

from tests.infra.stages import problem, stage


def test_a_failing_task_is_told_from_the_others_among_three_at_least() -> None:
    random = {"algorithm": "weighted-random"}
    found = problem(load_balancer=random, scaling={"min_tasks": 2})
    assert found.path == "load_balancer.algorithm"
    assert "raise min_tasks there to 3" in found.text
    assert stage(load_balancer=random, scaling={"min_tasks": 3})


def test_a_schedule_that_leaves_too_few_to_tell_a_failing_task_is_refused() -> None:
    schedules = {
        "day": {"cron": "0 8 ? * * *"},
        "night": {"cron": "0 20 ? * * *", "min_tasks": 1},
    }
    random = {"algorithm": "weighted-random"}
    found = problem(load_balancer=random, scaling={"min_tasks": 3}, schedules=schedules)
    assert found.path == "load_balancer.algorithm"
    assert found.text.startswith("got 'weighted-random', but 1 may run at some time ")


def test_letting_every_odd_request_pass_is_no_choice() -> None:
    with pytest.raises(ValidationError, match="desync_mitigation"):
        stage(load_balancer={"desync_mitigation": "monitor"})
