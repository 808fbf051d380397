"""How rules see a template: intrinsics, conditions, parameters, and what they cannot know."""

from pathlib import Path
from typing import Any

import pytest

from tests.infra.rules.pack_fixtures import rules, template_of

TOO_LONG = 600


def task(timeout: Any) -> dict[str, Any]:
    """A task definition whose container has this stop timeout: E9501 finds more than 120 s."""
    container = {"Name": "app", "Image": "app:1", "StopTimeout": timeout}
    properties = {"RequiresCompatibilities": ["FARGATE"], "ContainerDefinitions": [container]}
    return {"Type": "AWS::ECS::TaskDefinition", "Properties": properties}


@pytest.mark.parametrize(
    "timeout",
    [
        TOO_LONG,
        str(TOO_LONG),
        {"Ref": "Given"},
        {"Fn::Sub": "${Given}"},
        {"Fn::FindInMap": ["Timeouts", "Long", "Seconds"]},
        {"Fn::Select": [1, ["30", TOO_LONG]]},
        {"Fn::If": ["Patient", 30, TOO_LONG]},
        {"Fn::If": ["Patient", {"Fn::If": ["Idle", TOO_LONG, 30]}, 30]},
    ],
    ids=str,
)
def test_a_value_is_found_through_intrinsics(tmp_path: Path, timeout: Any) -> None:
    template = {
        "Parameters": {
            "Given": {"Type": "Number", "Default": TOO_LONG},
            "Mode": {"Type": "String", "Default": "usual"},
        },
        "Mappings": {"Timeouts": {"Long": {"Seconds": TOO_LONG}}},
        "Conditions": {
            "Patient": {"Fn::Equals": [{"Ref": "Mode"}, "patient"]},
            "Idle": {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]},
        },
        "Resources": {"Task": task(timeout)},
    }
    assert rules(tmp_path, template) == ["E9501"]


@pytest.mark.parametrize(
    "timeout",
    [
        {"Ref": "Open"},
        {"Ref": "AWS::NoValue"},
        {"Fn::ImportValue": "elsewhere"},
        {"Fn::GetAtt": ["Function", "Seconds"]},
        {"Fn::If": ["Custom", {"Ref": "Given"}, 30]},
        {"Fn::If": ["Never", TOO_LONG, 30]},
    ],
    ids=str,
)
def test_what_cannot_be_known_is_no_finding(tmp_path: Path, timeout: Any) -> None:
    template = {
        "Parameters": {
            "Open": {"Type": "Number"},
            "Given": {"Type": "String", "Default": str(TOO_LONG)},
        },
        "Conditions": {
            # Where this holds, `Given` is another one than its default.
            "Custom": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Given"}, str(TOO_LONG)]}]},
            "Never": {"Fn::Equals": ["one", "other"]},
        },
        "Resources": {
            "Task": task(timeout),
            "Function": {
                "Type": "Custom::Seconds",
                "Properties": {"ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:a"},
            },
        },
    }
    assert rules(tmp_path, template) == []


def test_many_conditions_are_looked_at_a_few_at_a_time(tmp_path: Path) -> None:
    names = [f"Condition{number}" for number in range(12)]
    template = {
        "Parameters": {name: {"Type": "String", "Default": "no"} for name in names},
        "Conditions": {name: {"Fn::Equals": [{"Ref": name}, "yes"]} for name in names},
        "Resources": {
            name: task({"Fn::If": [name, TOO_LONG if name == names[9] else 30, 30]})
            for name in names
        },
    }
    assert rules(tmp_path, template) == ["E9501"]


def test_a_resource_that_a_condition_leaves_out_is_not_there(tmp_path: Path) -> None:
    template = template_of("E9532", "good")
    template["Parameters"] = {"Public": {"Type": "String", "Default": "true"}}
    template["Conditions"] = {"IsPublic": {"Fn::Equals": [{"Ref": "Public"}, "true"]}}
    assert rules(tmp_path, template) == []
    template["Resources"]["Listener"]["Condition"] = "IsPublic"
    assert rules(tmp_path, template) == ["E9532"]


def test_a_finding_under_several_choices_is_told_once(tmp_path: Path) -> None:
    template = {
        "Parameters": {"Mode": {"Type": "String"}},
        "Conditions": {"Fast": {"Fn::Equals": [{"Ref": "Mode"}, "fast"]}},
        "Resources": {
            "Task": task(TOO_LONG),
            "Other": task({"Fn::If": ["Fast", 30, 60]}),
        },
    }
    assert rules(tmp_path, template) == ["E9501"]


def test_a_finding_can_be_ignored_at_its_resource(tmp_path: Path) -> None:
    ignored = {"cfn-lint": {"config": {"ignore_checks": ["E9501"]}}}
    template = {"Resources": {"Task": {**task(TOO_LONG), "Metadata": ignored}}}
    assert rules(tmp_path, template) == []


def test_a_single_element_is_a_list_of_it(tmp_path: Path) -> None:
    template = {"Resources": {"Task": task(TOO_LONG)}}
    properties = template["Resources"]["Task"]["Properties"]
    properties["ContainerDefinitions"] = properties["ContainerDefinitions"][0]
    assert rules(tmp_path, template) == ["E9501"]


def test_a_target_group_of_no_service_may_drain_as_it_likes(tmp_path: Path) -> None:
    template = template_of("W9564", "bad")
    assert rules(tmp_path, template) == ["W9564"]
    del template["Resources"]["Service"]
    assert rules(tmp_path, template) == []
