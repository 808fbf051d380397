"""The service's stack as a whole: its image, its outputs, its permissions, what it retains."""

from typing import Any

import pytest

from tests.infra.assemblies import IMAGE, Assembly

# The only statements that may name every resource, and why.
WILDCARDS = {"ecr:GetAuthorizationToken": "the action takes no resource"}


def statements(assembly: Assembly) -> list[dict[str, Any]]:
    """All statements of all roles' policies."""
    policies = assembly.resources("AWS::IAM::Policy").values()
    return [s for p in policies for s in p["Properties"]["PolicyDocument"]["Statement"]]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def container(assembly: Assembly) -> dict[str, Any]:
    """The one container of the task."""
    (only,) = assembly.only("AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    body: dict[str, Any] = only
    return body


def test_the_image_is_built_from_the_service_and_pushed_to_our_repository(dev: Assembly) -> None:
    ((tag, image),) = dev.images().items()
    (destination,) = image["destinations"].values()
    assert destination["repositoryName"] == "llm-on-ecs-dev"
    assert destination["imageTag"] == tag
    assert image["source"]["platform"] == "linux/amd64"
    assert "dockerBuildArgs" not in image["source"]
    assert container(dev)["Image"] == {
        "Fn::Sub": "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/"
        f"llm-on-ecs-dev:{tag}"
    }


def test_the_build_gets_the_service_and_none_of_its_leftovers(dev: Assembly) -> None:
    (image,) = dev.images().values()
    context = dev.directory / image["source"]["directory"]
    names = {path.name for path in context.rglob("*")}
    assert {"Dockerfile", "__main__.py"} <= names
    assert not {name for name in names if name == "__pycache__" or name.endswith(".pyc")}


def test_what_the_image_is_built_from_is_an_argument_and_part_of_the_tag(
    dev: Assembly, dev_base: Assembly
) -> None:
    (image,) = dev_base.images().values()
    assert image["source"]["dockerBuildArgs"] == {
        "BASE_IMAGE": "offline-base:1",
        "CPU_VARIANTS": "all",
    }
    assert dev_base.images().keys() != dev.images().keys()


def test_a_named_image_is_run_and_nothing_is_built(local: Assembly) -> None:
    assert container(local)["Image"] == IMAGE
    assert local.images() == {}


def test_the_outputs_are_those_that_people_and_the_sandbox_read(dev: Assembly) -> None:
    assert set(dev.templates["Inference"]["Outputs"]) == {
        "ApiKeysSecretArn",
        "ClusterName",
        "ServiceName",
        "LoadBalancerDnsName",
        "Url",
    }


@pytest.mark.parametrize(("stage", "scheme"), [("local", "http"), ("https", "https")])
def test_the_url_has_the_scheme_that_the_listener_speaks(
    request: pytest.FixtureRequest, stage: str, scheme: str
) -> None:
    assembly: Assembly = request.getfixturevalue(stage)
    url = assembly.templates["Inference"]["Outputs"]["Url"]["Value"]
    assert url["Fn::Join"][1][0] == f"{scheme}://"


@pytest.mark.parametrize("stage", ["local", "https", "dev", "prod"])
def test_no_role_may_use_a_wildcard_action(request: pytest.FixtureRequest, stage: str) -> None:
    assembly: Assembly = request.getfixturevalue(stage)
    actions = [action for s in statements(assembly) for action in listed(s["Action"])]
    assert actions
    assert not [action for action in actions if "*" in action]


@pytest.mark.parametrize("stage", ["local", "https", "dev", "prod"])
def test_no_role_may_act_on_every_resource_but_where_listed(
    request: pytest.FixtureRequest, stage: str
) -> None:
    assembly: Assembly = request.getfixturevalue(stage)
    wild = [s for s in statements(assembly) if "*" in str(s["Resource"])]
    assert {action for s in wild for action in listed(s["Action"])} <= WILDCARDS.keys()


def test_every_listed_wildcard_is_in_use(dev: Assembly) -> None:
    wild = [s for s in statements(dev) if "*" in str(s["Resource"])]
    assert {action for s in wild for action in listed(s["Action"])} == WILDCARDS.keys()


def test_the_execution_role_pulls_from_our_repository_and_writes_our_log(dev: Assembly) -> None:
    execution = dev.only("AWS::ECS::TaskDefinition")["ExecutionRoleArn"]["Fn::GetAtt"][0]
    policies = dev.resources("AWS::IAM::Policy").values()
    (policy,) = (p for p in policies if p["Properties"]["Roles"] == [{"Ref": execution}])
    actions = {
        action
        for s in policy["Properties"]["PolicyDocument"]["Statement"]
        for action in listed(s["Action"])
    }
    assert actions == {
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetAuthorizationToken",
        "ecr:GetDownloadUrlForLayer",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    }
    resources = str([s["Resource"] for s in policy["Properties"]["PolicyDocument"]["Statement"]])
    assert ":repository/llm-on-ecs-dev" in resources


def test_no_role_has_a_managed_policy(prod: Assembly) -> None:
    for role in prod.resources("AWS::IAM::Role").values():
        assert "ManagedPolicyArns" not in role["Properties"]


@pytest.mark.parametrize("resource_type", ["AWS::SecretsManager::Secret", "AWS::Logs::LogGroup"])
def test_keys_and_logs_are_retained_where_data_is(
    dev: Assembly, local: Assembly, resource_type: str
) -> None:
    (retained,) = dev.resources(resource_type).values()
    (removed,) = local.resources(resource_type).values()
    assert retained["DeletionPolicy"] == "RetainExceptOnCreate"
    assert retained["UpdateReplacePolicy"] == "Retain"
    assert removed["DeletionPolicy"] == removed["UpdateReplacePolicy"] == "Delete"


def messages(assembly: Assembly) -> list[str]:
    """The warnings and errors that the CLI shows."""
    metadata = assembly.report("Inference.metadata.json")
    entries = [entry for entries in metadata.values() for entry in entries]
    return [
        entry["data"] for entry in entries if entry["type"] in {"aws:cdk:warning", "aws:cdk:error"}
    ]


def test_a_placeholder_certificate_is_warned_of(prod: Assembly) -> None:
    (message,) = messages(prod)
    assert message.startswith("prod.toml: endpoint.certificate_arn: got one of AWS's documentation")
    assert "-c certificate_arn=ARN" in message


@pytest.mark.parametrize("stage", ["local", "https", "dev"])
def test_no_other_stage_has_anything_to_warn_of(request: pytest.FixtureRequest, stage: str) -> None:
    assert messages(request.getfixturevalue(stage)) == []
