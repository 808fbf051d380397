"""What ECS is told of each strategy, and what changes between one and another."""

from typing import Any

import pytest

from infra.sections.rollout import Strategy
from tests.infra import assemblies
from tests.infra.assemblies import IMAGE, Assembly, Variant

SERVICE = "AWS::ECS::Service"
BALANCING = "AWS::ElasticLoadBalancingV2::"


def written(rollout: dict[str, Any]) -> Assembly:
    """Stage dev, behind an API Gateway, with these rollout settings."""
    return assemblies.synthesised(Variant("dev", {"image": IMAGE}, {"rollout": rollout}))


def configuration(rollout: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = written(rollout).only(SERVICE)["DeploymentConfiguration"]
    return found


def test_rolling_is_named_and_has_no_bake_of_its_own() -> None:
    found = configuration({})
    assert found["Strategy"] == "ROLLING"
    assert not {"BakeTimeInMinutes", "CanaryConfiguration", "LinearConfiguration"} & found.keys()


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("blue-green", {"Strategy": "BLUE_GREEN"}),
        (
            "canary",
            {
                "Strategy": "CANARY",
                "CanaryConfiguration": {"CanaryPercent": 20, "CanaryBakeTimeInMinutes": 7},
            },
        ),
        (
            "linear",
            {
                "Strategy": "LINEAR",
                "LinearConfiguration": {"StepPercent": 20, "StepBakeTimeInMinutes": 7},
            },
        ),
    ],
)
def test_two_fleets_are_told_their_steps_and_always_a_bake(
    strategy: Strategy, expected: dict[str, Any]
) -> None:
    chosen = {"strategy": strategy, "step_percent": 20, "step_minutes": 7, "bake_minutes": 33}
    found = configuration(chosen)
    steps = {key: found[key] for key in found if key.endswith("Configuration")}
    assert {"Strategy": found["Strategy"], **steps} == expected
    assert found["BakeTimeInMinutes"] == 33


@pytest.mark.parametrize("strategy", ["rolling", "canary", "linear", "blue-green"])
def test_every_strategy_starts_new_tasks_first_and_gives_them_time(strategy: Strategy) -> None:
    service = written({"strategy": strategy}).only(SERVICE)
    found = service["DeploymentConfiguration"]
    assert (found["MinimumHealthyPercent"], found["MaximumPercent"]) == (100, 200)
    assert found["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
    assert service["HealthCheckGracePeriodSeconds"] == 140


def resources(assembly: Assembly) -> dict[str, Any]:
    found: dict[str, Any] = assembly.templates["Inference"]["Resources"]
    return found


def changed(before: Assembly, after: Assembly) -> set[str]:
    """The resources that are in both and differ."""
    old, new = resources(before), resources(after)
    return {name for name in old.keys() & new.keys() if old[name] != new[name]}


def forwarding_in_first_only(first: Assembly, second: Assembly) -> int:
    """Priority of the one rule that hands requests to tasks, and that the other has not."""
    (priority,) = (
        body["Properties"]["Priority"]
        for name, body in first.resources(f"{BALANCING}ListenerRule").items()
        if name not in resources(second) and body["Properties"]["Actions"][0]["Type"] == "forward"
    )
    return int(priority)


def test_what_two_fleets_need_is_added_and_takes_over_at_once() -> None:
    """The new rule comes before the one that it replaces, which CloudFormation deletes last."""
    before = written({})
    after = written({"second_target_group": True})
    assert forwarding_in_first_only(after, before) < forwarding_in_first_only(before, after)
    (service,) = after.resources(SERVICE)
    assert service in changed(before, after)


def test_no_resource_of_the_load_balancer_that_stays_is_changed_by_them() -> None:
    before = written({})
    after = written({"second_target_group": True})
    kinds = {resources(before)[name]["Type"] for name in changed(before, after)}
    # The service; alarms and scaling, which then count in both groups.
    assert not {kind for kind in kinds if kind.startswith(BALANCING)}


@pytest.mark.parametrize("strategy", ["canary", "linear", "blue-green"])
def test_a_strategy_is_then_one_change_of_the_service(strategy: Strategy) -> None:
    ready = written({"second_target_group": True})
    after = written({"second_target_group": True, "strategy": strategy})
    assert resources(ready).keys() == resources(after).keys()
    (service,) = after.resources(SERVICE)
    assert changed(ready, after) == {service}
    old, new = (resources(each)[service]["Properties"] for each in (ready, after))
    assert {key for key in new if new[key] != old[key]} == {"DeploymentConfiguration"}
