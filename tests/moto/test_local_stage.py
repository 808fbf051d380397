"""What stage local has made in the account after a deploy, asked of the AWS APIs."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from sandbox.key import add_key, find_secret, holds_key

pytestmark = pytest.mark.usefixtures("deployed")


def test_every_stack_is_complete() -> None:
    stacks = boto3.client("cloudformation").describe_stacks()["Stacks"]
    assert {item["StackName"]: item["StackStatus"] for item in stacks} == {
        "llm-on-ecs-local-registry": "CREATE_COMPLETE",
        "llm-on-ecs-local-network": "CREATE_COMPLETE",
        "llm-on-ecs-local-inference": "CREATE_COMPLETE",
    }


def test_service_rolls_out_with_circuit_breaker_and_rollback(service: dict[str, Any]) -> None:
    rollout = service["deploymentConfiguration"]
    assert rollout["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert (rollout["minimumHealthyPercent"], rollout["maximumPercent"]) == (100, 200)
    assert service["healthCheckGracePeriodSeconds"] > 0


def test_primary_deployment_is_of_the_task_definition(service: dict[str, Any]) -> None:
    (primary,) = service["deployments"]
    assert primary["status"] == "PRIMARY"
    assert primary["taskDefinition"] == service["taskDefinition"]


def test_task_is_fargate_with_cpu_memory_and_roles(task: dict[str, Any]) -> None:
    assert task["requiresCompatibilities"] == ["FARGATE"]
    assert (task["cpu"], task["memory"]) == ("1024", "2048")
    assert task["networkMode"] == "awsvpc"
    assert task["taskRoleArn"] != task["executionRoleArn"]


def test_container_is_read_only_and_not_root(container: dict[str, Any]) -> None:
    assert container["readonlyRootFilesystem"] is True
    assert container["user"] == "10001"
    assert [item["containerPath"] for item in container["mountPoints"]] == ["/tmp"]
    assert container["linuxParameters"]["capabilities"]["drop"] == ["ALL"]


def test_container_health_check_asks_the_probe(container: dict[str, Any]) -> None:
    assert container["healthCheck"]["command"] == ["CMD", "python", "-m", "service.probe"]


def test_container_reads_its_keys_from_the_deployed_secret(container: dict[str, Any]) -> None:
    environment = {item["name"]: item["value"] for item in container["environment"]}
    assert environment["LLM_KEYS_SOURCE"] == f"secretsmanager:{find_secret('local')}"


def test_container_logs_go_to_a_group_with_retention(container: dict[str, Any]) -> None:
    options = container["logConfiguration"]["options"]
    groups = boto3.client("logs").describe_log_groups(logGroupNamePrefix=options["awslogs-group"])
    assert groups["logGroups"][0]["retentionInDays"] == 30
    assert options["max-buffer-size"]


def test_service_scales_between_two_and_ten_tasks(service: dict[str, Any]) -> None:
    client = boto3.client("application-autoscaling")
    (target,) = client.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 10)
    assert target["ResourceId"].endswith(f"/{service['serviceName']}")


def test_scaling_tracks_the_slots_of_the_stage() -> None:
    client = boto3.client("application-autoscaling")
    (policy,) = client.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    metric = tracking["CustomizedMetricSpecification"]
    assert policy["PolicyType"] == "TargetTrackingScaling"
    assert tracking["TargetValue"] == 70
    assert (metric["Namespace"], metric["MetricName"]) == ("LlmOnEcs", "SlotUtilization")
    assert metric["Dimensions"] == [{"Name": "Stage", "Value": "local"}]
    assert metric["Statistic"] == "Average"


def test_target_tracking_has_its_alarms() -> None:
    client = boto3.client("application-autoscaling")
    (policy,) = client.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    named = {alarm["AlarmName"] for alarm in policy["Alarms"]}
    known = boto3.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert named
    assert named <= {alarm["AlarmName"] for alarm in known}


def test_repository_is_immutable_scanned_and_limited() -> None:
    client = boto3.client("ecr")
    (repository,) = client.describe_repositories()["repositories"]
    name = repository["repositoryName"]
    lifecycle = client.get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"]
    assert repository["imageTagMutability"] == "IMMUTABLE"
    assert repository["imageScanningConfiguration"] == {"scanOnPush": True}
    assert repository["encryptionConfiguration"]["encryptionType"] == "KMS"
    assert json.loads(lifecycle)["rules"]


def test_bootstrap_role_may_push_to_the_repository() -> None:
    client = boto3.client("ecr")
    name = client.describe_repositories()["repositories"][0]["repositoryName"]
    policy = client.get_repository_policy(repositoryName=name)["policyText"]
    assert "image-publishing-role" in policy
    assert "ecr:PutImage" in policy


def test_secret_begins_without_keys_and_takes_one() -> None:
    client = boto3.client("secretsmanager")
    arn = find_secret("local")
    assert json.loads(client.get_secret_value(SecretId=arn)["SecretString"]) == {"keys": []}
    key = add_key(client, arn, "first")
    assert holds_key(client, arn, key)
    assert key not in client.get_secret_value(SecretId=arn)["SecretString"]
    client.put_secret_value(SecretId=arn, SecretString='{"keys": []}')


def test_task_role_may_only_read_that_secret(task: dict[str, Any]) -> None:
    client = boto3.client("iam")
    role = task["taskRoleArn"].rpartition("/")[2]
    names = client.list_role_policies(RoleName=role)["PolicyNames"]
    statements = [
        statement
        for name in names
        for statement in _document(client.get_role_policy(RoleName=role, PolicyName=name))
    ]
    (allowed,) = statements
    assert allowed["Action"] == "secretsmanager:GetSecretValue"
    assert allowed["Resource"] == find_secret("local")
    assert not client.list_attached_role_policies(RoleName=role)["AttachedPolicies"]


def _document(policy: Any) -> list[dict[str, Any]]:
    statements: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return statements


def test_second_deploy_changes_nothing(deployed: Path, service: dict[str, Any]) -> None:
    from sandbox import assembly
    from sandbox.state import REGION

    assembly.deploy_assembly(deployed, region=REGION)
    events = boto3.client("cloudformation").describe_stack_events(
        StackName="llm-on-ecs-local-inference"
    )["StackEvents"]
    assert not [item for item in events if item["ResourceStatus"].startswith("UPDATE")]
