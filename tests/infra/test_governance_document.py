"""docs/governance.md says what the templates do: the key policy, the boundary, the tags."""

import json
import re
from collections.abc import Callable
from fnmatch import fnmatch
from typing import Any

import pytest

from infra.sections.encryption import EncryptionSettings
from infra.sections.governance import MOST_TAGS
from infra.stacks import delivery
from tests.infra.assemblies import ROOT, VARIANTS, Assembly

DOCUMENT = (ROOT / "docs" / "governance.md").read_text(encoding="utf-8")
POLICIES = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")


def key_policy() -> dict[str, Any]:
    """Its statements by their names."""
    (text,) = re.findall(r"<!-- key policy -->\n```json\n(.+?)```", DOCUMENT, re.S)
    return {statement["Sid"]: statement for statement in json.loads(text)["Statement"]}


def logs_of(assembly: Assembly) -> list[str]:
    """The names of all log groups, those that CloudFormation makes up as it makes them up."""
    names = []
    for stack in assembly.templates:
        name = assembly.manifest["artifacts"][stack]["properties"]["stackName"]
        for logical_id, body in assembly.resources("AWS::Logs::LogGroup", stack=stack).items():
            names.append(body["Properties"].get("LogGroupName", f"{name}-{logical_id}-abc"))
    return names


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_key_policy_lets_every_log_group_in(
    variant: str, synthesised: Callable[[str], Assembly]
) -> None:
    (patterns,) = key_policy()["LogGroups"]["Condition"]["ArnLike"].values()
    names = [pattern.rpartition(":")[2] for pattern in patterns]
    for group in logs_of(synthesised(variant)):
        assert any(fnmatch(group, name) for name in names), group


def test_the_key_policy_lets_in_whoever_publishes_to_the_topic(governed: Assembly) -> None:
    (policy,) = governed.resources("AWS::SNS::TopicPolicy").values()
    publishers = {
        service
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
        for service in listed(statement["Principal"]["Service"])
    }
    statement = key_policy()["AlarmsAndTheBudgetWriteToTheTopic"]
    assert set(statement["Principal"]["Service"]) == publishers


@pytest.mark.parametrize("setting", EncryptionSettings.model_fields)
def test_every_key_has_its_line_on_what_a_change_does(setting: str) -> None:
    assert re.search(rf"^\| `{setting}` \| .+ \|$", DOCUMENT, re.M)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_boundary_that_is_described_allows_what_the_roles_do(
    variant: str, synthesised: Callable[[str], Assembly]
) -> None:
    _, _, section = DOCUMENT.partition("## Permissions boundary")
    section, _, _ = section.partition("\n## ")
    described = set(re.findall(r"`([a-z0-9]+:[A-Z]\w+)`", section))
    for name in re.findall(r"`([A-Z]+_ACTIONS)`", section):
        described |= set(getattr(delivery, name))
    for template in synthesised(variant).templates.values():
        for body in template["Resources"].values():
            for document in documents(body):
                assert actions(document) <= described


def documents(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The policies of a role, or the one that is a resource of its own."""
    properties = body.get("Properties", {})
    if body["Type"] == "AWS::IAM::Role":
        return [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
    return [properties["PolicyDocument"]] if body["Type"] in POLICIES else []


def actions(document: dict[str, Any]) -> set[str]:
    return {action for statement in document["Statement"] for action in listed(statement["Action"])}


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def test_the_number_of_tags_is_that_of_the_rule() -> None:
    assert f"At most {MOST_TAGS}:" in DOCUMENT
