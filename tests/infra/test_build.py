"""The stages as assemblies: names, order, tags."""

import json
from collections.abc import Callable

import pytest

from infra.stage_files import stage_names
from tests.infra.assemblies import ROOT, STACKS, VARIANTS, Assembly

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
    for stack in {"Registry", "Network"} & assembly.templates.keys():
        assert assembly.manifest["artifacts"][stack]["dependencies"] == [f"{stack}.assets"]
        assert not assembly.manifest["artifacts"][f"{stack}.assets"].get("dependencies")


def test_the_service_is_deployed_last(assembly: Assembly) -> None:
    dependencies = assembly.manifest["artifacts"]["Inference"]["dependencies"]
    first = {"Registry", "Network"} & assembly.templates.keys()
    assert first | {"Inference.assets"} <= set(dependencies)


def test_nothing_is_asked_of_aws_and_no_account_is_pinned(assembly: Assembly) -> None:
    assert "missing" not in assembly.manifest
    environments = {
        assembly.manifest["artifacts"][stack]["environment"] for stack in assembly.templates
    }
    assert environments == {"aws://unknown-account/unknown-region"}


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


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_stack_is_protected_where_the_settings_say_so(
    variant: str, synthesised: Callable[[str], Assembly]
) -> None:
    protected = VARIANTS[variant].settings().deletion_protection
    assembly = synthesised(variant)
    for stack in assembly.templates:
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
