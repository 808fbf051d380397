"""An earlier revision's values in the deployed template, and nothing else of it changed."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from delivery.assemblies import Assembly
from delivery.deploying.going_back import CannotGoBack, Difference, differences, with_revision
from delivery.deploying.reissue import reissue

NOW: dict[str, Any] = {
    "taskDefinitionArn": "arn:task-definition/family:2",
    "revision": 2,
    "status": "ACTIVE",
    "family": "family",
    "cpu": "1024",
    "memory": "2048",
    "taskRoleArn": "arn:role/one",
    "placementConstraints": [],
    "containerDefinitions": [
        {
            "name": "service",
            "image": "1.dkr.ecr.us-east-1.amazonaws.com/repo:new",
            "environment": [
                {"name": "LLM_KEYS_SOURCE", "value": "secretsmanager:arn:one"},
                {"name": "LLM_MAX_WAITING", "value": "17"},
            ],
            "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "log"}},
            "stopTimeout": 60,
        }
    ],
}

TEMPLATE: dict[str, Any] = {
    "Resources": {
        "Task": {
            "Type": "AWS::ECS::TaskDefinition",
            "Properties": {
                "Cpu": "1024",
                "Memory": "2048",
                "TaskRoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
                "ContainerDefinitions": [
                    {
                        "Name": "service",
                        "Image": {"Fn::Sub": "${AWS::AccountId}.dkr.ecr/repo:new"},
                        "Environment": [
                            {
                                "Name": "LLM_KEYS_SOURCE",
                                "Value": {"Fn::Join": ["", ["secretsmanager:", {"Ref": "Keys"}]]},
                            },
                            {"Name": "LLM_MAX_WAITING", "Value": "17"},
                        ],
                        "LogConfiguration": {
                            "LogDriver": "awslogs",
                            "Options": {"awslogs-group": {"Ref": "Log"}},
                        },
                        "StopTimeout": 60,
                    }
                ],
            },
        },
        "Service": {
            "Type": "AWS::ECS::Service",
            "Properties": {"TaskDefinition": {"Ref": "Task"}, "Cluster": {"Ref": "Cluster"}},
        },
    }
}


def then(**container: Any) -> dict[str, Any]:
    """The revision before, with another container."""
    before = copy.deepcopy(NOW) | {"revision": 1, "status": "INACTIVE"}
    before["taskDefinitionArn"] = "arn:task-definition/family:1"
    before["containerDefinitions"][0] |= container
    return before


def container_of(template: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = template["Resources"]["Task"]["Properties"]["ContainerDefinitions"][0]
    return found


def patched(before: dict[str, Any]) -> dict[str, Any]:
    return with_revision(TEMPLATE, differences(NOW, before))


def test_revision_that_differs_in_its_number_alone_changes_nothing() -> None:
    assert differences(NOW, then()) == []
    assert patched(then()) == TEMPLATE


def test_image_of_then_is_written_in_full_and_references_stay() -> None:
    image = "1.dkr.ecr.us-east-1.amazonaws.com/repo:old"
    template = patched(then(image=image))
    assert container_of(template)["Image"] == image
    expected = copy.deepcopy(TEMPLATE)
    container_of(expected)["Image"] = image
    assert template == expected


def test_variables_are_changed_added_and_removed_by_their_names() -> None:
    keys = NOW["containerDefinitions"][0]["environment"][0]
    before = then(environment=[keys, {"name": "LLM_OLD", "value": "yes"}])
    environment = container_of(patched(before))["Environment"]
    assert [item["Name"] for item in environment] == ["LLM_KEYS_SOURCE", "LLM_OLD"]
    assert environment[1] == {"Name": "LLM_OLD", "Value": "yes"}


def test_size_and_what_was_not_there_then_go_back_too() -> None:
    before = then(healthCheck={"command": ["CMD", "true"], "startPeriod": 10}, stopTimeout=30)
    before["cpu"] = "512"
    template = patched(before)
    assert template["Resources"]["Task"]["Properties"]["Cpu"] == "512"
    assert container_of(template)["StopTimeout"] == 30
    assert container_of(template)["HealthCheck"] == {"Command": ["CMD", "true"], "StartPeriod": 10}


def test_what_was_added_since_is_removed() -> None:
    before = then()
    del before["containerDefinitions"][0]["stopTimeout"]
    assert "StopTimeout" not in container_of(patched(before))


def test_labels_keep_the_keys_that_a_person_chose() -> None:
    labels = {"com.example.team": "ml"}
    assert container_of(patched(then(dockerLabels=labels)))["DockerLabels"] == labels


@pytest.mark.parametrize(
    "before",
    [
        then() | {"taskRoleArn": "arn:role/gone"},
        then(environment=[{"name": "LLM_KEYS_SOURCE", "value": "secretsmanager:arn:gone"}]),
        then(logConfiguration={"logDriver": "awslogs", "options": {"awslogs-group": "gone"}}),
    ],
)
def test_what_was_another_resource_then_is_refused(before: dict[str, Any]) -> None:
    with pytest.raises(CannotGoBack, match="is another resource's now"):
        patched(before)


def test_difference_is_told_with_both_values() -> None:
    difference = Difference(("containerDefinitions", "service", "image"), "repo:new", "repo:old")
    assert str(difference) == "containerDefinitions.service.image: repo:new -> repo:old"


def test_reissued_assembly_has_the_template_under_its_own_hash_and_builds_nothing(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "synth"
    folder.mkdir()
    old = "a" * 64
    asset = {"source": {"path": "Inference.template.json"}, "destinations": {"objectKey": old}}
    files = {"files": {old: asset}, "dockerImages": {"b" * 64: {}}}
    (folder / "Inference.assets.json").write_text(json.dumps(files))
    (folder / "Inference.template.json").write_text("{}")
    manifest = {"artifacts": {"Inference": {"url": f"s3://bucket/{old}.json"}}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    made = reissue(Assembly(folder), "Inference", TEMPLATE, tmp_path / "back")
    assert made.templates == {"Inference": TEMPLATE}
    content = json.loads((made.folder / "Inference.assets.json").read_text())
    (key,) = content["files"]
    assert key != old
    assert content["files"][key]["destinations"]["objectKey"] == key
    assert content["dockerImages"] == {}
    assert f"s3://bucket/{key}.json" in (made.folder / "manifest.json").read_text()
