"""The service as a function: its size, its image, who may call it, what it may do."""

from typing import Any

import pytest
from aws_cdk.assertions import Match

from infra.components.image import FUNCTION_TARGET
from infra.container_env import function_environment
from tests.infra.assemblies import ROOT, VARIANTS, Assembly

FUNCTION = "AWS::Lambda::Function"


def function(assembly: Assembly) -> dict[str, Any]:
    properties: dict[str, Any] = assembly.only(FUNCTION, stack="Function")
    return properties


def test_no_stage_has_a_function_until_a_setting_asks_for_it(
    dev: Assembly, prod: Assembly, local: Assembly
) -> None:
    assert all("Function" not in assembly.templates for assembly in (dev, prod, local))


def test_the_function_runs_the_target_of_the_same_source_from_our_repository(
    dev_function: Assembly,
) -> None:
    ((tag, image),) = dev_function.images(stack="Function").items()
    (destination,) = image["destinations"].values()
    assert destination["repositoryName"] == "llm-on-ecs-dev"
    assert image["source"]["dockerBuildTarget"] == FUNCTION_TARGET
    assert image["source"]["platform"] == "linux/amd64"
    assert f"llm-on-ecs-dev:{tag}" in str(function(dev_function)["Code"]["ImageUri"])
    assert function(dev_function)["Architectures"] == ["x86_64"]


def test_the_function_runs_on_the_processors_of_the_tasks(thrifty: Assembly) -> None:
    assert function(thrifty)["Architectures"] == ["arm64"]
    (image,) = thrifty.images(stack="Function").values()
    assert image["source"]["platform"] == "linux/arm64"


def test_the_target_is_in_the_dockerfile_and_not_the_last_which_is_the_task() -> None:
    lines = (ROOT / "service/Dockerfile").read_text().splitlines()
    targets = [line.rpartition(" AS ")[2] for line in lines if line.startswith("FROM ")]
    assert FUNCTION_TARGET in targets
    assert targets[-1] == "task"


def test_the_task_s_image_is_the_same_with_and_without_a_function(
    dev: Assembly, dev_function: Assembly
) -> None:
    assert dev.images().keys() == dev_function.images().keys()


def test_size_and_time_are_those_of_the_settings(dev_function: Assembly) -> None:
    settings = VARIANTS["dev-function"].settings().function
    assert function(dev_function)["MemorySize"] == settings.memory_mib
    assert function(dev_function)["Timeout"] == settings.timeout_seconds
    assert function(dev_function)["ReservedConcurrentExecutions"] == settings.reserved_concurrency


def test_the_function_is_told_what_the_seam_says(dev_function: Assembly) -> None:
    expected = function_environment(VARIANTS["dev-function"].settings())
    assert function(dev_function)["Environment"]["Variables"] == expected


def test_only_callers_that_iam_knows_reach_the_url(dev_function: Assembly) -> None:
    dev_function.function.has_resource_properties(
        "AWS::Lambda::Url",
        {"AuthType": "AWS_IAM", "InvokeMode": "BUFFERED", "Cors": Match.absent()},
    )
    dev_function.function.resource_count_is("AWS::Lambda::Permission", 0)


def test_the_role_may_write_the_function_s_own_log_and_nothing_else(
    dev_function: Assembly,
) -> None:
    role = dev_function.only("AWS::IAM::Role", stack="Function")
    assert "ManagedPolicyArns" not in role
    assert role["AssumeRolePolicyDocument"]["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ]
    (log_group,) = dev_function.resources("AWS::Logs::LogGroup", stack="Function")
    policy = dev_function.only("AWS::IAM::Policy", stack="Function")["PolicyDocument"]
    assert policy["Statement"] == [
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": {"Fn::GetAtt": [log_group, "Arn"]},
        }
    ]
    assert function(dev_function)["LoggingConfig"] == {"LogGroup": {"Ref": log_group}}


def test_the_function_is_in_no_network(dev_function: Assembly) -> None:
    assert "VpcConfig" not in function(dev_function)


def test_the_log_is_kept_as_long_as_the_others(dev_function: Assembly) -> None:
    tasks = dev_function.only("AWS::Logs::LogGroup")
    own = dev_function.only("AWS::Logs::LogGroup", stack="Function")
    assert own["RetentionInDays"] == tasks["RetentionInDays"]


def test_the_outputs_are_its_name_and_its_url(dev_function: Assembly) -> None:
    assert set(dev_function.templates["Function"]["Outputs"]) == {"FunctionName", "FunctionUrl"}


@pytest.mark.parametrize("stack", ["Function", "Function.assets"])
def test_the_function_is_deployed_after_the_repository(dev_function: Assembly, stack: str) -> None:
    assert "Registry" in dev_function.manifest["artifacts"][stack]["dependencies"]


def test_the_function_waits_for_no_other_stack(dev_function: Assembly) -> None:
    found = set(dev_function.manifest["artifacts"]["Function"]["dependencies"])
    assert found == {"Registry", "Function.assets"}
