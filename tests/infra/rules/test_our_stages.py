"""What rules would find in our own stages, were one line of a template another: through all stacks.

What they find in the stages as they are, which is nothing, is in tests/infra/test_lint.py.
"""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.lint import lint, templates
from tests.infra.assemblies import Assembly

Stacks = dict[str, dict[str, Any]]

BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
SERVICE = "AWS::ECS::Service"


def of_type(stacks: Stacks, resource_type: str) -> list[tuple[dict[str, Any], str]]:
    """The resources of a type, each as the mapping that holds it and its logical id."""
    return [
        (stack["Resources"], logical_id)
        for stack in stacks.values()
        for logical_id, body in stack["Resources"].items()
        if body["Type"] == resource_type
    ]


def without(resource_type: str, word: str = "") -> Callable[[Stacks], None]:
    """A change that removes the resources of a type in which a word occurs."""

    def change(stacks: Stacks) -> None:
        for resources, logical_id in of_type(stacks, resource_type):
            if word in json.dumps(resources[logical_id]):
                del resources[logical_id]

    return change


def properties(stacks: Stacks, resource_type: str) -> Any:
    """Those of the only resource of a type."""
    ((resources, logical_id),) = of_type(stacks, resource_type)
    return resources[logical_id]["Properties"]


def tasks_move_to_public_subnets(stacks: Stacks) -> None:
    network = properties(stacks, SERVICE)["NetworkConfiguration"]["AwsvpcConfiguration"]
    network["Subnets"] = properties(stacks, BALANCER)["Subnets"]


def balancer_moves_to_private_subnets(stacks: Stacks) -> None:
    network = properties(stacks, SERVICE)["NetworkConfiguration"]["AwsvpcConfiguration"]
    properties(stacks, BALANCER)["Subnets"] = network["Subnets"]


def endpoints_let_nobody_in(stacks: Stacks) -> None:
    named = json.dumps([r[i] for r, i in of_type(stacks, "AWS::EC2::VPCEndpoint")])
    for resources, logical_id in of_type(stacks, "AWS::EC2::SecurityGroup"):
        if logical_id in named:
            resources[logical_id]["Properties"].pop("SecurityGroupIngress", None)
            without("AWS::EC2::SecurityGroupIngress", logical_id)(stacks)


def service_waits_for_nothing(stacks: Stacks) -> None:
    ((resources, logical_id),) = of_type(stacks, SERVICE)
    del resources[logical_id]["DependsOn"]


def execution_role_may_nothing(stacks: Stacks) -> None:
    for resources, logical_id in of_type(stacks, "AWS::IAM::Policy"):
        if "ecr:GetAuthorizationToken" in json.dumps(resources[logical_id]):
            statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
            resources[logical_id]["Properties"]["PolicyDocument"]["Statement"] = [statement]


def drain_is_short(stacks: Stacks) -> None:
    for resources, logical_id in of_type(stacks, "AWS::ElasticLoadBalancingV2::TargetGroup"):
        for attribute in resources[logical_id]["Properties"]["TargetGroupAttributes"]:
            if attribute["Key"] == "deregistration_delay.timeout_seconds":
                attribute["Value"] = "10"


def server_closes_early(stacks: Stacks) -> None:
    (container,) = properties(stacks, "AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    for variable in container["Environment"]:
        if variable["Name"] == "LLM_KEEP_ALIVE_SECONDS":
            variable["Value"] = "5"


@pytest.mark.parametrize(
    ("variant", "change", "rules"),
    [
        ("no-nat", without("AWS::EC2::VPCEndpoint", "ecr.dkr"), {"E9551"}),
        ("no-nat", endpoints_let_nobody_in, {"E9552"}),
        ("prod", without("AWS::EC2::SecurityGroupIngress"), {"E9553"}),
        ("prod", without("AWS::EC2::Route", "NatGatewayId"), {"E9551"}),
        ("prod", tasks_move_to_public_subnets, {"E9550"}),
        ("prod", balancer_moves_to_private_subnets, {"E9554"}),
        ("prod", service_waits_for_nothing, {"E9533"}),
        ("prod", execution_role_may_nothing, {"E9512", "E9517"}),
        ("prod", drain_is_short, {"W9564"}),
        ("prod", server_closes_early, {"W9573"}),
    ],
)
def test_a_mistake_is_found_through_the_stacks_of_a_stage(
    variant: str,
    change: Callable[[Stacks], None],
    rules: set[str],
    synthesised: Callable[[str], Assembly],
    tmp_path: Path,
) -> None:
    assembly = synthesised(variant)
    stacks = copy.deepcopy(assembly.templates)
    change(stacks)
    for name, template in stacks.items():
        (tmp_path / f"{name}.template.json").write_text(json.dumps(template), encoding="utf-8")
    manifest = json.dumps(assembly.manifest)
    (tmp_path / "manifest.json").write_text(manifest, encoding="utf-8")
    assert {match.rule.id for match in lint(templates(tmp_path))} == rules
