"""The stages as assemblies: names, order, tags, and the ids that data hangs on."""

import json
from collections.abc import Callable

import pytest

from infra.stage_files import stage_names
from tests.infra.assemblies import ROOT, STACKS, VARIANTS, Assembly

# Taken for the data in them: a changed logical id makes CloudFormation create another resource.
STATEFUL = {
    ("Registry", "AWS::ECR::Repository"): {"Repository22E53BBD"},
    ("Network", "AWS::EC2::VPC"): {"Vpc8378EB38"},
    ("Inference", "AWS::SecretsManager::Secret"): {"KeysSecret88F3B70F"},
    ("Inference", "AWS::Logs::LogGroup"): {"TaskLog2A1470CD"},
}

# Recommended feature flags that we set otherwise, and why.
FLAGS = {
    # Strong references let CloudFormation refuse to remove a network that a service still runs in;
    # weak ones need Fn::GetStackOutput, which moto does not know.
    "@aws-cdk/core:defaultCrossStackReferences": "strong",
}


@pytest.fixture(params=VARIANTS)
def assembly(request: pytest.FixtureRequest, synthesised: Callable[[str], Assembly]) -> Assembly:
    """Each variant in turn."""
    return synthesised(request.param)


def test_every_stage_file_is_synthesised_by_some_variant() -> None:
    assert {variant.stage for variant in VARIANTS.values()} == set(stage_names())


def test_each_stage_is_three_stacks_named_after_it(dev: Assembly) -> None:
    names = {key: dev.manifest["artifacts"][key]["properties"]["stackName"] for key in STACKS}
    assert names == {
        "Registry": "llm-on-ecs-dev-registry",
        "Network": "llm-on-ecs-dev-network",
        "Inference": "llm-on-ecs-dev-inference",
    }


def test_the_image_is_pushed_after_its_repository_is_made(assembly: Assembly) -> None:
    assert "Registry" in assembly.manifest["artifacts"]["Inference.assets"]["dependencies"]


def test_the_repository_and_the_network_wait_for_nothing_of_the_service(assembly: Assembly) -> None:
    for stack in ("Registry", "Network"):
        assert assembly.manifest["artifacts"][stack]["dependencies"] == [f"{stack}.assets"]
        assert not assembly.manifest["artifacts"][f"{stack}.assets"].get("dependencies")


def test_the_service_is_deployed_last(assembly: Assembly) -> None:
    dependencies = assembly.manifest["artifacts"]["Inference"]["dependencies"]
    assert {"Registry", "Network", "Inference.assets"} <= set(dependencies)


def test_nothing_is_asked_of_aws_and_no_account_is_pinned(assembly: Assembly) -> None:
    assert "missing" not in assembly.manifest
    environments = {assembly.manifest["artifacts"][stack]["environment"] for stack in STACKS}
    assert environments == {"aws://unknown-account/unknown-region"}


def test_stateful_resources_keep_their_logical_ids(assembly: Assembly) -> None:
    for (stack, resource_type), logical_ids in STATEFUL.items():
        assert logical_ids <= set(assembly.resources(resource_type, stack=stack))


def test_whatever_holds_data_says_what_becomes_of_it(assembly: Assembly) -> None:
    for (stack, resource_type), _ in STATEFUL.items():
        if resource_type == "AWS::EC2::VPC":
            continue  # a network holds no data
        for body in assembly.resources(resource_type, stack=stack).values():
            assert {"DeletionPolicy", "UpdateReplacePolicy"} <= body.keys()


@pytest.mark.parametrize(
    ("stack", "resource_type"),
    [
        ("Registry", "AWS::ECR::Repository"),
        ("Network", "AWS::EC2::VPC"),
        ("Inference", "AWS::ECS::Service"),
        ("Inference", "AWS::SecretsManager::Secret"),
    ],
)
def test_resources_are_tagged_with_project_and_stage(
    dev: Assembly, stack: str, resource_type: str
) -> None:
    tags = dev.only(resource_type, stack=stack)["Tags"]
    assert {"Key": "project", "Value": "llm-on-ecs"} in tags
    assert {"Key": "stage", "Value": "dev"} in tags


@pytest.mark.parametrize(("stage", "protected"), [("dev", False), ("prod", True)])
def test_stacks_are_protected_where_the_settings_say_so(
    request: pytest.FixtureRequest, stage: str, protected: bool
) -> None:
    assembly: Assembly = request.getfixturevalue(stage)
    for stack in STACKS:
        properties = assembly.manifest["artifacts"][stack]["properties"]
        assert properties["terminationProtection"] is protected


def test_feature_flags_are_those_recommended_for_the_installed_cdk(dev: Assembly) -> None:
    report = dev.manifest["artifacts"]["aws-cdk-lib/feature-flag-report"]["properties"]["flags"]
    recommended = {
        flag: entry["recommendedValue"]
        for flag, entry in report.items()
        # What v2 does anyway cannot be set.
        if entry.get("unconfiguredBehavesLike", {}).get("v2") != entry["recommendedValue"]
    }
    context = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    assert {flag: context.get(flag, False) for flag in recommended} == recommended | FLAGS
