"""Two fleets: one rule divides all requests between them, and ECS alone moves its weights."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.infra import assemblies
from tests.infra.assemblies import IMAGE, Assembly, Variant
from tests.infra.components.ways_in import TARGETS

RULE = "AWS::ElasticLoadBalancingV2::ListenerRule"
SERVICE = "AWS::ECS::Service"
TWO_FLEETS = ["hosted-zone", "guarded-api"]


@pytest.fixture(params=TWO_FLEETS)
def two_fleets(request: pytest.FixtureRequest, synthesised: Callable[[str], Assembly]) -> Assembly:
    return synthesised(request.param)


def group(assembly: Assembly, number: int) -> str:
    """The logical id of the first or the second target group."""
    first, second = sorted(assembly.resources(TARGETS))
    assert "SecondTargets" in second
    return (first, second)[number - 1]


def rule(assembly: Assembly) -> tuple[str, dict[str, Any]]:
    """The logical id and the properties of the rule that divides."""
    ((logical_id, body),) = (
        (logical_id, body)
        for logical_id, body in assembly.resources(RULE).items()
        if body["Properties"]["Actions"][0]["Type"] == "forward"
    )
    return logical_id, body["Properties"]


def written(change: dict[str, dict[str, Any]]) -> Assembly:
    return assemblies.synthesised(Variant("dev", {"image": IMAGE}, change))


def test_one_rule_takes_every_request_and_divides_it(two_fleets: Assembly) -> None:
    _, properties = rule(two_fleets)
    assert properties["Conditions"] == [
        {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}}
    ]
    (action,) = properties["Actions"]
    assert action["ForwardConfig"]["TargetGroups"] == [
        {"TargetGroupArn": {"Ref": group(two_fleets, 1)}, "Weight": 100},
        {"TargetGroupArn": {"Ref": group(two_fleets, 2)}, "Weight": 0},
    ]


def test_its_listener_has_no_rule_that_does_anything_but_forward(two_fleets: Assembly) -> None:
    _, dividing = rule(two_fleets)
    rules = [body["Properties"] for body in two_fleets.resources(RULE).values()]
    beside = [item for item in rules if item["ListenerArn"] == dividing["ListenerArn"]]
    assert {action["Type"] for item in beside for action in item["Actions"]} == {"forward"}


def test_the_path_of_an_api_gateway_is_rewritten_in_the_same_rule(two_fleets: Assembly) -> None:
    _, properties = rule(two_fleets)
    (transform,) = properties["Transforms"]
    assert transform["UrlRewriteConfig"]["Rewrites"] == [{"Regex": "^/api/(.*)$", "Replace": "/$1"}]


def test_another_kind_of_endpoint_leaves_the_rule_alone() -> None:
    canary: dict[str, dict[str, Any]] = {
        "rollout": {"strategy": "canary"},
        "limits": {"longest_generation_seconds": 200},
    }
    plain = written({**canary, "endpoint": {"grpc": False}})
    gateway = written({**canary, "endpoint": {"kind": "api-gateway"}})
    assert rule(plain) == rule(gateway)


def test_both_groups_are_alike(two_fleets: Assembly) -> None:
    first, second = (
        body["Properties"] for _, body in sorted(two_fleets.resources(TARGETS).items())
    )
    assert first == second


def test_ecs_is_told_of_both_groups_and_the_rule(two_fleets: Assembly) -> None:
    (entry,) = two_fleets.only(SERVICE)["LoadBalancers"]
    assert entry["TargetGroupArn"] == {"Ref": group(two_fleets, 1)}
    advanced = entry["AdvancedConfiguration"]
    assert advanced["AlternateTargetGroupArn"] == {"Ref": group(two_fleets, 2)}
    assert advanced["ProductionListenerRule"] == {"Ref": rule(two_fleets)[0]}


def test_ecs_may_move_this_rule_and_register_in_these_groups_and_no_more(
    two_fleets: Assembly,
) -> None:
    (entry,) = two_fleets.only(SERVICE)["LoadBalancers"]
    role_id = entry["AdvancedConfiguration"]["RoleArn"]["Fn::GetAtt"][0]
    role = two_fleets.resources("AWS::IAM::Role")[role_id]["Properties"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "ecs.amazonaws.com"}
    (policy,) = role["Policies"]
    looking, registering, moving = policy["PolicyDocument"]["Statement"]
    assert all(action.startswith("elasticloadbalancing:Describe") for action in looking["Action"])
    assert registering["Resource"] == [{"Ref": group(two_fleets, 1)}, {"Ref": group(two_fleets, 2)}]
    assert moving["Action"] == "elasticloadbalancing:ModifyRule"
    assert moving["Resource"] == {"Ref": rule(two_fleets)[0]}


def test_no_setting_touches_the_rule_which_would_move_the_requests_back() -> None:
    plain = written({"rollout": {"strategy": "canary"}})
    changed = written(
        {
            "rollout": {"strategy": "linear", "step_minutes": 30},
            "firewall": {"enabled": True},
            "api_gateway": {"require_api_key": True},
            "load_balancer": {"access_logs": True, "desync_mitigation": "strictest"},
            "limits": {"longest_generation_seconds": 100},
            "scaling": {"max_tasks": 20},
            "alarms": {"emails": ("ann@example.org",)},
        },
    )
    assert rule(plain) == rule(changed)


def test_tags_which_a_stage_may_change_are_not_on_the_rule(two_fleets: Assembly) -> None:
    assert "Tags" not in rule(two_fleets)[1]


def test_a_task_is_counted_in_whichever_group_it_is() -> None:
    heard: dict[str, dict[str, Any]] = {
        "alarms": {"emails": ("ann@example.org",)},
        "rollout": {"strategy": "canary"},
    }
    assembly = written(heard)
    (alarm,) = (
        body["Properties"]
        for logical_id, body in assembly.resources("AWS::CloudWatch::Alarm").items()
        if logical_id.startswith("WatchingAlarmsNoReadyTask")
    )
    (total,) = (query for query in alarm["Metrics"] if query["ReturnData"])
    assert total["Expression"] == "FILL(ready_1, 0) + FILL(ready_2, 0)"
