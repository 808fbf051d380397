"""Stacks that change: updates in place, replacements, rollbacks, destruction."""

from pathlib import Path
from typing import Any

import boto3
import pytest

from sandbox import assembly
from sandbox.assembly import DeployFailed
from sandbox.state import REGION
from tests.moto.conftest import deploy_local
from tests.moto.services import described
from tests.moto.templates import Tasks, deploy, log_groups, resource, status

pytestmark = pytest.mark.usefixtures("aws")

INFERENCE = "llm-on-ecs-local-inference"


def test_unknown_resource_type_fails_the_stack_with_a_sentence() -> None:
    with pytest.raises(DeployFailed, match="not support resources of type AWS::Chatbot"):
        deploy({"Channel": resource("AWS::Chatbot::SlackChannelConfiguration")})
    assert status() == "ROLLBACK_COMPLETE"


def test_custom_resource_fails_the_stack() -> None:
    with pytest.raises(DeployFailed, match="Custom::Thing"):
        deploy({"Thing": resource("Custom::Thing", ServiceToken="arn")})


def test_unknown_property_fails_the_stack() -> None:
    with pytest.raises(DeployFailed, match=r"AWS::Logs::LogGroup.*DataProtectionPolicy"):
        deploy({"Log": resource("AWS::Logs::LogGroup", DataProtectionPolicy={})})
    assert log_groups() == []


def test_wrong_value_fails_the_stack_by_the_api_s_own_shape() -> None:
    target = resource(
        "AWS::ApplicationAutoScaling::ScalableTarget",
        ServiceNamespace="ecs",
        ScalableDimension="ecs:service:DesiredCount",
        ResourceId="service/a/b",
        MinCapacity={"not": "a number"},
    )
    with pytest.raises(DeployFailed, match="Invalid type for parameter MinCapacity"):
        deploy({"Target": target})


def test_failed_creation_leaves_nothing_behind() -> None:
    with pytest.raises(DeployFailed):
        deploy(
            {
                "Log": resource("AWS::Logs::LogGroup"),
                "Bad": {**resource("AWS::Chatbot::SlackChannelConfiguration"), "DependsOn": "Log"},
            }
        )
    assert log_groups() == []


def test_property_is_changed_in_place() -> None:
    deploy({"Log": resource("AWS::Logs::LogGroup", RetentionInDays=7)})
    before = log_groups()
    deploy({"Log": resource("AWS::Logs::LogGroup", RetentionInDays=30)})
    (group,) = boto3.client("logs").describe_log_groups()["logGroups"]
    assert log_groups() == before
    assert group["retentionInDays"] == 30


def test_name_is_changed_by_replacement_and_the_old_one_goes_last() -> None:
    deploy({"Log": resource("AWS::Logs::LogGroup", LogGroupName="old")})
    deploy({"Log": resource("AWS::Logs::LogGroup", LogGroupName="new")})
    assert log_groups() == ["new"]
    events = boto3.client("cloudformation").describe_stack_events(StackName="example")
    told = [(item["PhysicalResourceId"], item["ResourceStatus"]) for item in events["StackEvents"]]
    assert [what for who, what in reversed(told) if who in ("old", "new")] == [
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
        "DELETE_IN_PROGRESS",
        "DELETE_COMPLETE",
    ]
    assert "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS" in [what for _, what in told]


@pytest.mark.parametrize("policy", ["Retain", "RetainExceptOnCreate"])
def test_retained_resource_survives_its_removal(policy: str) -> None:
    kept = {**resource("AWS::Logs::LogGroup", LogGroupName="kept"), "DeletionPolicy": policy}
    other = resource("AWS::Logs::LogGroup", LogGroupName="other")
    deploy({"Kept": kept, "Other": other})
    deploy({"Other": other})
    assert sorted(log_groups()) == ["kept", "other"]
    boto3.client("cloudformation").delete_stack(StackName="example")
    assert log_groups() == ["kept"]


def test_service_follows_a_changed_task_definition() -> None:
    deploy(Tasks("image:1").resources)
    first = described()
    deploy(Tasks("image:2").resources)
    second = described()
    assert second["serviceArn"] == first["serviceArn"]
    assert second["taskDefinition"].endswith("family:2")
    assert second["deployments"][0]["taskDefinition"] == second["taskDefinition"]
    assert second["deployments"][0]["id"] != first["deployments"][0]["id"]


def test_old_task_definition_is_deregistered_after_the_service_left_it() -> None:
    deploy(Tasks("image:1").resources)
    deploy(Tasks("image:2").resources)
    active = boto3.client("ecs").list_task_definitions(status="ACTIVE")["taskDefinitionArns"]
    assert [arn.rpartition(":")[2] for arn in active] == ["2"]


def test_failed_update_brings_the_old_service_back() -> None:
    deploy(Tasks("image:1").resources)
    changed = Tasks("image:2").resources
    with pytest.raises(DeployFailed, match=r"AWS::Chatbot::SlackChannelConfiguration"):
        deploy(
            {
                **changed,
                "Bad": {
                    **resource("AWS::Chatbot::SlackChannelConfiguration"),
                    "DependsOn": "Service",
                },
            },
        )
    assert status() == "UPDATE_ROLLBACK_COMPLETE"
    assert described()["taskDefinition"].endswith("family:1")


def test_service_keeps_its_count_over_an_update() -> None:
    deploy(Tasks("image:1").resources)
    service = described()
    boto3.client("ecs").update_service(
        cluster=service["clusterArn"], service=service["serviceName"], desiredCount=4
    )
    deploy(Tasks("image:2").resources)
    assert described()["desiredCount"] == 4


def test_capacity_providers_and_spot_are_kept() -> None:
    strategy = [{"CapacityProvider": "FARGATE_SPOT", "Weight": 1, "Base": 0}]
    tasks = Tasks(CapacityProviderStrategy=strategy)
    tasks.resources["Capacity"] = resource(
        "AWS::ECS::ClusterCapacityProviderAssociations",
        Cluster={"Ref": "Cluster"},
        CapacityProviders=["FARGATE", "FARGATE_SPOT"],
        DefaultCapacityProviderStrategy=strategy,
    )
    deploy(tasks.resources)
    service = described()
    (chosen,) = service["capacityProviderStrategy"]
    (cluster,) = boto3.client("ecs").describe_clusters(clusters=[service["clusterArn"]])["clusters"]
    assert chosen["capacityProvider"] == "FARGATE_SPOT"
    assert "launchType" not in service
    assert cluster["capacityProviders"] == ["FARGATE", "FARGATE_SPOT"]


def test_alarm_is_made_changed_and_deleted() -> None:
    def alarm(threshold: int) -> dict[str, Any]:
        return resource(
            "AWS::CloudWatch::Alarm",
            Namespace="N",
            MetricName="M",
            Period=60,
            EvaluationPeriods=1,
            Statistic="Average",
            ComparisonOperator="GreaterThanThreshold",
            Threshold=threshold,
        )

    client = boto3.client("cloudwatch")
    deploy({"Alarm": alarm(1), "Log": resource("AWS::Logs::LogGroup")})
    deploy({"Alarm": alarm(2), "Log": resource("AWS::Logs::LogGroup")})
    assert [item["Threshold"] for item in client.describe_alarms()["MetricAlarms"]] == [2]
    deploy({"Log": resource("AWS::Logs::LogGroup")})
    assert client.describe_alarms()["MetricAlarms"] == []


def test_secret_keeps_the_keys_added_since() -> None:
    def secret(text: str) -> dict[str, Any]:
        return resource("AWS::SecretsManager::Secret", Description=text, SecretString="{}")

    client = boto3.client("secretsmanager")
    deploy({"Secret": secret("one")})
    arn = client.list_secrets()["SecretList"][0]["ARN"]
    client.put_secret_value(SecretId=arn, SecretString="changed")
    deploy({"Secret": secret("two")})
    assert client.get_secret_value(SecretId=arn)["SecretString"] == "changed"
    assert client.describe_secret(SecretId=arn)["Description"] == "two"


def test_stack_imports_what_another_exports() -> None:
    log = resource("AWS::Logs::LogGroup", LogGroupName="exported")
    outputs = {"Name": {"Value": {"Ref": "Log"}, "Export": {"Name": "the-log"}}}
    deploy({"Log": log}, name="first", Outputs=outputs)
    imported = resource(
        "AWS::Logs::LogGroup",
        LogGroupName={"Fn::Sub": ["${N}-2", {"N": {"Fn::ImportValue": "the-log"}}]},
    )
    deploy({"Log": imported}, name="second")
    assert "exported-2" in log_groups()


def test_missing_export_fails_the_stack() -> None:
    bad = resource("AWS::Logs::LogGroup", LogGroupName={"Fn::ImportValue": "nowhere"})
    with pytest.raises(DeployFailed, match="No export named nowhere"):
        deploy({"Log": bad})


def test_stage_can_be_destroyed_and_deployed_again(local_assembly: Path, tmp_path: Path) -> None:
    deploy_local(local_assembly, tmp_path)
    assembly.destroy_assembly(tmp_path, region=REGION)
    assert boto3.client("cloudformation").describe_stacks()["Stacks"] == []
    assert boto3.client("elbv2").describe_target_groups()["TargetGroups"] == []
    deploy_local(local_assembly, tmp_path)
    assert status(INFERENCE) == "CREATE_COMPLETE"
