"""Preflight looks at the rule and the listeners that are deployed, before a deploy does."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from operations.account import Account
from operations.preflight.finding import Finding, Mark, Subject
from operations.preflight.fleets import check_fleets
from operations.preflight.ports import check_ports
from operations.stage import SynthesisedStage, read_assembly
from sandbox import assembly
from sandbox.state import REGION
from tests.infra.assemblies import Variant
from tests.moto.synthesis import changed, synthesised

LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
RULE = "AWS::ElasticLoadBalancingV2::ListenerRule"
CANARY: dict[str, Any] = {"rollout": {"strategy": "canary"}}


def variant(**changes: Any) -> Variant:
    return changed("local", endpoint={"grpc": False}, **changes)


def stage(**changes: Any) -> SynthesisedStage:
    """Stage local with the changes, synthesised."""
    wanted = variant(**changes)
    return read_assembly(synthesised(wanted), settings=wanted.settings())


@pytest.fixture(scope="module")
def canary() -> Iterator[SynthesisedStage]:
    """A stage with two target groups, deployed."""
    with mock_aws():
        assembly.deploy_assembly(synthesised(variant(**CANARY)), region=REGION)
        yield stage(**CANARY)


def serve(group: int) -> None:
    """What ECS has made of the rule when a rollout has ended in the first or the second group."""
    client = boto3.client("elbv2", region_name=REGION)
    (balancer,) = client.describe_load_balancers()["LoadBalancers"]
    for listener in client.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])[
        "Listeners"
    ]:
        for rule in client.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]:
            groups = rule["Actions"][0].get("ForwardConfig", {}).get("TargetGroups", [])
            if len(groups) == 2:
                for number, item in enumerate(groups, start=1):
                    item["Weight"] = 100 * (number == group)
                forward: Any = {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}
                client.modify_rule(RuleArn=rule["RuleArn"], Actions=[forward])


def fleets(of: SynthesisedStage) -> Finding:
    (finding,) = check_fleets(subject(of))
    return finding


def subject(of: SynthesisedStage) -> Subject:
    return Subject(of, Account(boto3.Session(region_name=REGION)))


def edited(of: SynthesisedStage, change: Callable[[dict[str, Any]], None]) -> SynthesisedStage:
    """The stage whose templates' resources were changed so."""
    templates = copy.deepcopy(dict(of.templates))
    for template in templates.values():
        change(template["Resources"])
    return replace(of, templates=templates)


def with_another_path(resources: dict[str, Any]) -> None:
    for body in resources.values():
        if body["Type"] == RULE:
            del body["Properties"]["Transforms"]


def with_another_listener(resources: dict[str, Any]) -> None:
    for body in resources.values():
        if body["Type"] == RULE:
            body["Properties"]["ListenerArn"] = {"Ref": "Https"}


def with_a_public_balancer(resources: dict[str, Any]) -> None:
    for body in resources.values():
        if body["Type"] == "AWS::ElasticLoadBalancingV2::LoadBalancer":
            body["Properties"]["Scheme"] = "internet-facing"


CHANGES = [with_another_path, with_another_listener, with_a_public_balancer]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_the_rule_fails_while_the_second_group_serves(
    canary: SynthesisedStage, change: Callable[[dict[str, Any]], None]
) -> None:
    serve(2)
    finding = fleets(edited(canary, change))
    assert finding.mark is Mark.FAILED
    assert "changes the rule" in finding.found
    serve(1)
    assert fleets(edited(canary, change)).mark is Mark.OK


def test_what_leaves_the_rule_alone_may_be_deployed_whichever_serves(
    canary: SynthesisedStage,
) -> None:
    serve(2)
    assert fleets(canary).mark is Mark.OK


@pytest.mark.usefixtures("canary")
def test_going_back_to_one_group_fails_while_the_second_serves() -> None:
    rolling = stage()
    serve(2)
    finding = fleets(rolling)
    assert (finding.mark, finding.todo) == (Mark.FAILED, "set rollout.second_target_group = true")
    serve(1)
    assert fleets(rolling).mark is Mark.OK


def test_a_stage_that_is_not_deployed_has_nothing_to_lose(canary: SynthesisedStage) -> None:
    elsewhere = Subject(canary, Account(boto3.Session(region_name="eu-west-1")))
    for check in (check_fleets, check_ports):
        assert [finding.mark for finding in check(elsewhere)] == [Mark.OK]


def ports(of: SynthesisedStage) -> Finding:
    (finding,) = check_ports(subject(of))
    return finding


def test_a_listener_under_another_name_is_in_the_way_of_its_port(canary: SynthesisedStage) -> None:
    def rename(resources: dict[str, Any]) -> None:
        for name in [key for key, body in resources.items() if body["Type"] == LISTENER]:
            resources[f"Renamed{name}"] = resources.pop(name)

    assert ports(canary).mark is Mark.OK
    finding = ports(edited(canary, rename))
    assert finding.mark is Mark.FAILED
    assert "aws elbv2 delete-listener --listener-arn arn:aws:" in finding.todo
