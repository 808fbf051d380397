"""References from one stack into another, and from a nested stack into its parent."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.lint import lint, templates

TASK = {
    "Type": "AWS::ECS::TaskDefinition",
    "Properties": {
        "NetworkMode": "awsvpc",
        "ContainerDefinitions": [
            {"Name": "app", "Image": "app:1", "PortMappings": [{"ContainerPort": 8080}]}
        ],
    },
}
# E9531 finds it behind a task in network mode awsvpc: such targets are of type ip.
PROPERTIES = {"Port": 8080, "Protocol": "HTTP", "TargetType": "instance", "VpcId": "vpc-1"}
GROUP = {"Type": "AWS::ElasticLoadBalancingV2::TargetGroup", "Properties": PROPERTIES}
LISTENER = {
    "Type": "AWS::ElasticLoadBalancingV2::Listener",
    "Properties": {
        "LoadBalancerArn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/a/b/c",
        "DefaultActions": [{"Type": "forward", "TargetGroupArn": {"Ref": "Group"}}],
    },
}
BALANCING: dict[str, Any] = {
    "Resources": {"Group": GROUP, "Listener": LISTENER},
    "Outputs": {"Group": {"Value": {"Ref": "Group"}, "Export": {"Name": "edge-group"}}},
}


def serving(group: Any, **more: Any) -> dict[str, Any]:
    """A template with a service that is registered with this target group."""
    entry = {"ContainerName": "app", "ContainerPort": 8080, "TargetGroupArn": group}
    properties = {"TaskDefinition": {"Ref": "Task"}, "LoadBalancers": [entry]}
    service = {"Type": "AWS::ECS::Service", "Properties": properties}
    return {"Resources": {"Task": TASK, "Service": service}, **more}


def write(folder: Path, **stacks: dict[str, Any]) -> None:
    """Templates, and the manifest that lists those which are not nested."""
    for name, template in stacks.items():
        file = folder / f"{name.replace('_', '.')}.template.json"
        file.write_text(json.dumps(template), encoding="utf-8")
    artifacts = {
        name: {
            "type": "aws:cloudformation:stack",
            "properties": {"templateFile": f"{name}.template.json", "stackName": name.lower()},
        }
        for name in stacks
        if not name.endswith("_nested")
    }
    manifest = json.dumps({"artifacts": artifacts})
    (folder / "manifest.json").write_text(manifest, encoding="utf-8")


def rules(folder: Path) -> list[str]:
    """Template and rule of each finding in an assembly."""
    return [
        f"{Path(match.filename).name.partition('.')[0]} {match.rule.id}"
        for match in lint(templates(folder))
    ]


@pytest.mark.parametrize(
    "name",
    ["edge-group", {"Fn::Sub": "${Edge}-group"}],
    ids=["a plain name", "a name made of a parameter"],
)
def test_an_import_is_followed_to_the_stack_that_exports_it(tmp_path: Path, name: Any) -> None:
    edge = {"Parameters": {"Edge": {"Type": "String", "Default": "edge"}}}
    write(tmp_path, Edge=BALANCING, App=serving({"Fn::ImportValue": name}, **edge))
    assert rules(tmp_path) == ["App E9531"]


def test_an_export_named_after_its_stack_is_found(tmp_path: Path) -> None:
    exported = {"Name": {"Fn::Sub": "${AWS::StackName}-group"}}
    outputs = {"Group": {"Value": {"Ref": "Group"}, "Export": exported}}
    write(
        tmp_path,
        Edge=BALANCING | {"Outputs": outputs},
        App=serving({"Fn::ImportValue": "edge-group"}),
    )
    assert rules(tmp_path) == ["App E9531"]


def test_without_the_manifest_a_template_stands_alone(tmp_path: Path) -> None:
    write(tmp_path, Edge=BALANCING, App=serving({"Fn::ImportValue": "edge-group"}))
    (tmp_path / "manifest.json").unlink()
    assert rules(tmp_path) == []


def test_a_parameter_that_the_manifest_gives_has_its_value(tmp_path: Path) -> None:
    task = json.loads(json.dumps(TASK))
    task["Properties"]["RequiresCompatibilities"] = ["FARGATE"]
    task["Properties"]["ContainerDefinitions"][0]["StopTimeout"] = {"Ref": "Seconds"}
    parameters = {"Seconds": {"Type": "Number", "Default": 30}}
    write(tmp_path, App={"Parameters": parameters, "Resources": {"Task": task}})
    assert rules(tmp_path) == []
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    manifest["artifacts"]["App"]["properties"]["parameters"] = {"Seconds": "600"}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert rules(tmp_path) == ["App E9501"]


def nested(**parameters: Any) -> dict[str, Any]:
    """A nested stack as the CDK writes it: the template's address is an asset's."""
    return {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": {"Fn::Sub": "https://s3/a"}, "Parameters": parameters},
        "Metadata": {"aws:asset:path": "Inner.nested.template.json"},
    }


def test_a_nested_stack_knows_what_its_parent_gives_it(tmp_path: Path) -> None:
    inner = serving({"Ref": "Group"}, Parameters={"Group": {"Type": "String"}})
    outer = {**BALANCING["Resources"], "Inner": nested(Group={"Ref": "Group"})}
    write(tmp_path, Outer={"Resources": outer}, Inner_nested=inner)
    assert rules(tmp_path) == ["Inner E9531"]


def test_a_parent_knows_the_outputs_of_its_nested_stack(tmp_path: Path) -> None:
    outer = serving({"Fn::GetAtt": ["Inner", "Outputs.Group"]})
    outer["Resources"]["Inner"] = nested()
    write(tmp_path, Outer=outer, Inner_nested=BALANCING)
    assert rules(tmp_path) == ["Outer E9531"]


def test_a_target_group_that_is_an_output_may_have_a_listener_elsewhere(tmp_path: Path) -> None:
    template = serving({"Ref": "Group"})
    template["Resources"]["Group"] = {**GROUP, "Properties": {**PROPERTIES, "TargetType": "ip"}}
    file = tmp_path / "app.template.json"
    file.write_text(json.dumps(template), encoding="utf-8")
    assert rules(tmp_path) == ["app E9532"]
    template["Outputs"] = BALANCING["Outputs"]
    file.write_text(json.dumps(template), encoding="utf-8")
    assert rules(tmp_path) == []
