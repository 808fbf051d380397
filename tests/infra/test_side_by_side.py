"""Two stages in one account and region: no name that AWS wants to be unique is in both."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.infra.assemblies import VARIANTS, Assembly, write_variant

# Between them they have every stack and every kind of resource, but for a domain, whose names are
# the person's own.
VARIANTS_SIDE_BY_SIDE = ("governed", "dev-function", "guarded-api")

# Names that are unique within something that is each stage's own, or that AWS tells apart by an id.
SCOPED = {
    ("AWS::ApiGateway::Stage", "StageName"): "within its API",
    ("AWS::ApiGatewayV2::VpcLink", "Name"): "a label: links are told apart by their ids",
    ("AWS::ApplicationAutoScaling::ScalingPolicy", "PolicyName"): "within its service",
    ("AWS::IAM::Policy", "PolicyName"): "within its role",
}


class Name(NamedTuple):
    """A physical name, and whose."""

    kind: str
    property: str
    value: str


def names(assembly: Assembly) -> Iterator[Name]:
    """Of every resource, export and stack that is named by the template."""
    for stack, template in assembly.templates.items():
        properties = assembly.manifest["artifacts"][stack]["properties"]
        yield Name("stack", "StackName", properties["stackName"])
        for body in template["Resources"].values():
            for key, value in body.get("Properties", {}).items():
                if isinstance(value, str) and (key == "Family" or key.endswith("Name")):
                    yield Name(body["Type"], key, value)
        for output in template.get("Outputs", {}).values():
            if "Export" in output:
                yield Name("export", "Name", json.dumps(output["Export"]["Name"]))


@pytest.fixture(params=VARIANTS_SIDE_BY_SIDE, scope="module")
def pair(
    request: pytest.FixtureRequest,
    synthesised: Callable[[str], Assembly],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Assembly, Assembly]:
    """A stage, and its copy in a file of another name."""
    copy = tmp_path_factory.mktemp("copy")
    write_variant(replace(VARIANTS[request.param], name="other"), copy)
    return synthesised(request.param), Assembly(copy)


def test_no_name_is_in_both(pair: tuple[Assembly, Assembly]) -> None:
    one, other = (set(names(assembly)) for assembly in pair)
    assert len(one) == len(other) > 6
    assert {name for name in one & other if name[:2] not in SCOPED} == set()


def test_what_is_exempt_is_there(synthesised: Callable[[str], Assembly]) -> None:
    found = {name[:2] for variant in VARIANTS_SIDE_BY_SIDE for name in names(synthesised(variant))}
    assert found >= SCOPED.keys()


def test_metrics_of_both_are_told_apart(pair: tuple[Assembly, Assembly]) -> None:
    one, other = (set(dimensions(assembly.templates)) for assembly in pair)
    assert one
    assert one & other == set()


def dimensions(node: Any) -> Iterator[str]:
    """The fixed values of metrics' dimensions, and the names by which the firewall's are kept."""
    if isinstance(node, list):
        for item in node:
            yield from dimensions(item)
    if isinstance(node, dict):
        for item in node.get("Dimensions", []) if isinstance(node.get("Dimensions"), list) else []:
            if isinstance(item.get("Value"), str):
                yield f"{item['Name']}={item['Value']}"
        if "DefaultAction" in node and "VisibilityConfig" in node:
            yield f"WebACL={node['VisibilityConfig']['MetricName']}"
        for item in node.values():
            yield from dimensions(item)


def test_a_second_stage_takes_the_identity_provider_that_the_first_one_made(tmp_path: Path) -> None:
    first = VARIANTS["delivery"]
    arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    changes = {"delivery": {**first.changes["delivery"], "provider_arn": arn}}
    write_variant(replace(first, name="other", changes=changes), tmp_path)
    assert not Assembly(tmp_path).resources("AWS::IAM::OIDCProvider", stack="Delivery")
