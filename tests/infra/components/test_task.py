"""One task: locked down, told what it needs, checked, logged."""

from typing import Any

import pytest

from infra.container_env import container_environment
from infra.stage_files import load_stage
from tests.infra.assemblies import OWN_MODEL, Assembly


@pytest.fixture
def definition(dev: Assembly) -> dict[str, Any]:
    """The task definition's properties in stage dev."""
    properties: dict[str, Any] = dev.only("AWS::ECS::TaskDefinition")
    return properties


@pytest.fixture
def container(definition: dict[str, Any]) -> dict[str, Any]:
    """Its one container."""
    (only,) = definition["ContainerDefinitions"]
    body: dict[str, Any] = only
    return body


def test_the_container_cannot_write_gain_rights_or_be_root(container: dict[str, Any]) -> None:
    assert container["ReadonlyRootFilesystem"] is True
    assert container["User"] == "10001"
    assert container["LinuxParameters"] == {"Capabilities": {"Drop": ["ALL"]}}
    assert "Privileged" not in container


def test_the_only_writable_place_is_tmp(
    definition: dict[str, Any], container: dict[str, Any]
) -> None:
    assert definition["Volumes"] == [{"Name": "tmp"}]
    assert container["MountPoints"] == [
        {"SourceVolume": "tmp", "ContainerPath": "/tmp", "ReadOnly": False}
    ]


def test_the_size_is_that_of_the_settings(dev: Assembly, prod: Assembly) -> None:
    for assembly, cpu, memory in ((dev, "2048", "4096"), (prod, "4096", "8192")):
        definition = assembly.only("AWS::ECS::TaskDefinition")
        assert (definition["Cpu"], definition["Memory"]) == (cpu, memory)


def test_the_family_is_one_per_stage(dev: Assembly, prod: Assembly) -> None:
    families = [a.only("AWS::ECS::TaskDefinition")["Family"] for a in (dev, prod)]
    assert families == ["llm-on-ecs-dev-inference", "llm-on-ecs-prod-inference"]


def test_both_ports_are_open_in_every_stage(local: Assembly, prod: Assembly) -> None:
    for assembly in (local, prod):
        (container,) = assembly.only("AWS::ECS::TaskDefinition")["ContainerDefinitions"]
        assert [mapping["ContainerPort"] for mapping in container["PortMappings"]] == [8080, 50051]


def test_the_environment_is_the_seams_with_the_secret_by_reference(
    dev: Assembly, container: dict[str, Any]
) -> None:
    (secret,) = dev.resources("AWS::SecretsManager::Secret")
    found = {entry["Name"]: entry["Value"] for entry in container["Environment"]}
    source = found.pop("LLM_KEYS_SOURCE")
    assert source == {"Fn::Join": ["", ["secretsmanager:", {"Ref": secret}]]}
    expected = container_environment(load_stage("dev"), keys_source="")
    del expected["LLM_KEYS_SOURCE"]
    assert found == expected


def test_nothing_secret_is_injected_at_start(container: dict[str, Any]) -> None:
    assert "Secrets" not in container


def test_liveness_is_probed_inside_the_container(container: dict[str, Any]) -> None:
    assert container["HealthCheck"] == {
        "Command": ["CMD", "python", "-m", "service.probe"],
        "Interval": 15,
        "Timeout": 10,
        "Retries": 3,
        "StartPeriod": 120,
    }


def test_the_stop_timeout_outlasts_the_drain(container: dict[str, Any]) -> None:
    drain = next(e["Value"] for e in container["Environment"] if e["Name"] == "LLM_DRAIN_SECONDS")
    assert container["StopTimeout"] == 120
    assert int(drain) < container["StopTimeout"]


def test_a_slow_log_never_blocks_the_service(dev: Assembly, container: dict[str, Any]) -> None:
    (log_group,) = dev.resources("AWS::Logs::LogGroup")
    assert container["LogConfiguration"] == {
        "LogDriver": "awslogs",
        "Options": {
            "awslogs-group": {"Ref": log_group},
            "awslogs-region": {"Ref": "AWS::Region"},
            "awslogs-stream-prefix": "service",
            "mode": "non-blocking",
            "max-buffer-size": f"{25 * 2**20}b",
        },
    }


def test_logs_are_kept_as_long_as_the_settings_say(dev: Assembly, prod: Assembly) -> None:
    for assembly, days in ((dev, 30), (prod, 90)):
        groups = assembly.resources("AWS::Logs::LogGroup").values()
        assert {group["Properties"]["RetentionInDays"] for group in groups} == {days}


def test_the_task_may_read_its_keys_and_nothing_else(
    dev: Assembly, definition: dict[str, Any]
) -> None:
    role = definition["TaskRoleArn"]["Fn::GetAtt"][0]
    (secret,) = dev.resources("AWS::SecretsManager::Secret")
    policies = [
        body["Properties"]["PolicyDocument"]["Statement"]
        for body in dev.resources("AWS::IAM::Policy").values()
        if {"Ref": role} in body["Properties"]["Roles"]
    ]
    assert policies == [
        [
            {
                "Effect": "Allow",
                "Action": "secretsmanager:GetSecretValue",
                "Resource": {"Ref": secret},
            }
        ]
    ]


def test_only_tasks_of_this_account_can_take_the_task_role(
    dev: Assembly, definition: dict[str, Any]
) -> None:
    role = dev.resources("AWS::IAM::Role")[definition["TaskRoleArn"]["Fn::GetAtt"][0]]
    (statement,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    }


def test_a_model_in_the_bucket_is_named_by_its_address_and_hash(own_model: Assembly) -> None:
    (container,) = own_model.only("AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    environment = {item["Name"]: item["Value"] for item in container["Environment"]}
    _, (scheme, bucket, key) = environment["LLM_MODEL_PATH"]["Fn::Join"]
    assert (scheme, key) == ("s3://", f"/{OWN_MODEL['path'].removeprefix('s3:')}")
    assert "Fn::ImportValue" in bucket
    assert environment["LLM_MODEL_SHA256"] == OWN_MODEL["sha256"]


def test_the_task_may_read_its_one_model_and_no_other(own_model: Assembly) -> None:
    policies = own_model.resources("AWS::IAM::Policy").values()
    statements = [
        statement
        for policy in policies
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "s3:" in str(statement["Action"])
    ]
    (statement,) = statements
    assert statement["Action"] == "s3:GetObject"
    assert statement["Resource"]["Fn::Join"][1][-1] == f"/{OWN_MODEL['path'].removeprefix('s3:')}"


def test_the_bundled_model_asks_for_nothing_of_s3(dev: Assembly) -> None:
    assert "s3:" not in str(dev.resources("AWS::IAM::Policy"))


def test_processor_and_disk_are_those_of_the_settings(dev: Assembly, thrifty: Assembly) -> None:
    for assembly, processor, disk in ((dev, "X86_64", None), (thrifty, "ARM64", 30)):
        definition = assembly.only("AWS::ECS::TaskDefinition")
        assert definition["RuntimePlatform"]["CpuArchitecture"] == processor
        assert definition.get("EphemeralStorage", {}).get("SizeInGiB") == disk


def test_image_is_built_for_the_processor_that_runs_it(dev: Assembly, thrifty: Assembly) -> None:
    for assembly, platform in ((dev, "linux/amd64"), (thrifty, "linux/arm64")):
        (image,) = assembly.images().values()
        assert image["source"]["platform"] == platform
    # A tag cannot move: what is built for another processor has another.
    assert dev.images().keys() != thrifty.images().keys()


def test_the_disk_grows_with_weights_that_are_fetched(own_model: Assembly, dev: Assembly) -> None:
    # 20,000 MiB of weights are 20 GiB, and 4 are for the image.
    assert own_model.only("AWS::ECS::TaskDefinition")["EphemeralStorage"] == {"SizeInGiB": 24}
    assert "EphemeralStorage" not in dev.only("AWS::ECS::TaskDefinition")
