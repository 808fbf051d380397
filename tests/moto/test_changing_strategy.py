"""A deployed stage gets a second target group, changes its strategy, and goes back."""

from typing import Any

import boto3
import pytest

from sandbox import assembly
from sandbox.state import REGION
from tests.moto.services import described
from tests.moto.synthesis import changed, synthesised

STACK = "llm-on-ecs-dev-inference"
pytestmark = pytest.mark.usefixtures("aws")
READY: dict[str, Any] = {"second_target_group": True}
CANARY: dict[str, Any] = {**READY, "strategy": "canary"}


def deploy(**changes: dict[str, Any]) -> None:
    assembly.deploy_assembly(synthesised(changed("dev", **changes)), region=REGION)


def resources() -> dict[str, str]:
    """Logical and physical ids of the service's stack."""
    found = boto3.client("cloudformation").describe_stack_resources(StackName=STACK)
    return {
        item["LogicalResourceId"]: item["PhysicalResourceId"] for item in found["StackResources"]
    }


def rule_that_divides() -> str:
    (arn,) = (arn for name, arn in resources().items() if name.startswith("LoadBalancerSecond")
              and ":listener-rule/" in arn)  # fmt: skip
    return arn


def weights() -> list[int]:
    (rule,) = boto3.client("elbv2").describe_rules(RuleArns=[rule_that_divides()])["Rules"]
    (action,) = rule["Actions"]
    return [group["Weight"] for group in action["ForwardConfig"]["TargetGroups"]]


def shift() -> None:
    """As ECS does in a rollout: all requests to the other group."""
    client = boto3.client("elbv2")
    (rule,) = client.describe_rules(RuleArns=[rule_that_divides()])["Rules"]
    (action,) = rule["Actions"]
    for group, weight in zip(action["ForwardConfig"]["TargetGroups"], (0, 100), strict=True):
        group["Weight"] = weight
    client.modify_rule(RuleArn=rule["RuleArn"], Actions=[action])


def alarms_there() -> bool:
    """Whether ECS reads alarms, and CloudWatch has each of them."""
    named = described()["deploymentConfiguration"]["alarms"]
    listed = boto3.client("cloudwatch").describe_alarms(AlarmNames=named["alarmNames"])
    return bool(named["enable"] and len(listed["MetricAlarms"]) == len(named["alarmNames"]) == 3)


def test_nothing_that_stays_is_replaced_on_the_way_to_a_canary_and_back() -> None:
    deploy()
    before = resources()
    for rollout in (READY, CANARY, READY):
        deploy(rollout=rollout)
        after = resources()
        shared = before.keys() & after.keys()
        assert {name: after[name] for name in shared} == {name: before[name] for name in shared}
        expected = "CANARY" if rollout is CANARY else "ROLLING"
        assert described()["deploymentConfiguration"]["strategy"] == expected


def test_a_deploy_leaves_the_requests_where_a_rollout_has_moved_them() -> None:
    deploy(rollout=CANARY)
    assert weights() == [100, 0]
    assert alarms_there()
    shift()
    deploy(
        rollout=CANARY | {"bake_minutes": 30},
        scaling={"max_tasks": 20},
        task={"cpu": 4096, "memory_mib": 8192},
        governance={"tags": {"cost-centre": "4711"}},
        load_balancer={"desync_mitigation": "strictest"},
    )
    assert weights() == [0, 100]
