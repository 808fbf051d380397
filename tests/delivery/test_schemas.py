"""What replaces a resource: no less than the CDK's command line knows."""

import gzip
import json
from collections.abc import Callable
from typing import Any, Final

import pytest

from delivery import schemas
from delivery.assemblies import ROOT
from delivery.changes import LEFT_OUT
from tests.infra.assemblies import VARIANTS, Assembly

DATABASE: Final = ROOT / "node_modules/aws-cdk/db.json.gz"
# The schema has it updated in place, and so does the documentation of 2026.
IN_PLACE: Final = {("AWS::ECS::Service", "DeploymentController")}


@pytest.fixture(scope="module")
def replaced() -> dict[str, set[str]]:
    """The properties of each type that, by the command line's own database, replace."""
    with gzip.open(DATABASE) as file:
        entities = json.load(file)["schema"]["resource"]["entities"]
    return {kind: names for entity in _values(entities) for kind, names in [_replacing(entity)]}


def _values(entities: Any) -> list[dict[str, Any]]:
    listed = entities.values() if isinstance(entities, dict) else entities
    return [item.get("data", item) for item in listed]


def _replacing(entity: dict[str, Any]) -> tuple[str, set[str]]:
    names = {
        name
        for name, body in entity["properties"].items()
        if body.get("causesReplacement") in ("yes", "maybe")
    }
    return entity["cloudFormationType"], names


def test_every_replacement_that_the_command_line_foresees_is_known(
    replaced: dict[str, set[str]], synthesised: Callable[[str], Assembly]
) -> None:
    kinds = {
        body["Type"]
        for variant in VARIANTS
        for template in synthesised(variant).templates.values()
        for body in template["Resources"].values()
    }
    assert len(kinds) > 40
    missing = {
        (kind, name)
        for kind in kinds - LEFT_OUT
        for name in replaced[kind]
        if (name,) not in schemas.replacing(kind) | schemas.perhaps_replacing(kind)
    }
    assert missing - IN_PLACE == set(), "add them to delivery/schemas.py"


def test_identifier_is_what_a_template_can_say_of_it() -> None:
    assert schemas.settable_identifier("AWS::ECR::Repository") == ("RepositoryName",)
    assert schemas.settable_identifier("AWS::EC2::VPC") == ()


def test_deletion_policies_count_for_what_holds_data() -> None:
    assert {"AWS::ECR::Repository", "AWS::S3::Bucket"} <= schemas.stateful_types()
