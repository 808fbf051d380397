"""An API Gateway with all that can be switched on, deployed into moto and asked of AWS's APIs."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from sandbox import assembly
from sandbox.state import REGION
from tests.moto.synthesis import renamed

INFERENCE = "llm-on-ecs-dev-inference"


@pytest.fixture(scope="module")
def guarded(synthesised: Callable[[str], Path]) -> Iterator[Path]:
    """The account after a deploy of an API with a firewall, logs and a usage plan."""
    # The role with which API Gateway writes logs has a policy of AWS's.
    with mock_aws(config={"iam": {"load_aws_managed_policies": True}}):
        assembly.deploy_assembly(synthesised("guarded-api"), region=REGION)
        yield synthesised("guarded-api")


def output(key: str) -> str:
    """An output of the inference stack."""
    (stack,) = boto3.client("cloudformation").describe_stacks(StackName=INFERENCE)["Stacks"]
    return {item["OutputKey"]: item["OutputValue"] for item in stack["Outputs"]}[key]


def api() -> dict[str, Any]:
    """The one REST API."""
    (only,) = boto3.client("apigateway").get_rest_apis()["items"]
    return dict(only)


def stage_of_the_api() -> dict[str, Any]:
    return dict(boto3.client("apigateway").get_stage(restApiId=api()["id"], stageName="api"))


@pytest.mark.usefixtures("guarded")
def test_the_address_is_that_of_the_api_and_its_stage() -> None:
    expected = f"https://{api()['id']}.execute-api.{REGION}.amazonaws.com/api"
    assert output("Url") == expected


@pytest.mark.usefixtures("guarded")
def test_any_method_on_any_path_goes_to_the_load_balancer() -> None:
    client = boto3.client("apigateway")
    resources = client.get_resources(restApiId=api()["id"])["items"]
    (proxy,) = [item for item in resources if item["path"] == "/{proxy+}"]
    integration = client.get_integration(
        restApiId=api()["id"], resourceId=proxy["id"], httpMethod="ANY"
    )
    assert integration["type"] == "HTTP_PROXY"
    assert integration["uri"] == f"http://{output('LoadBalancerDnsName')}/{{proxy}}"
    assert integration["connectionType"] == "VPC_LINK"
    assert integration["timeoutInMillis"] == 295_000


@pytest.mark.usefixtures("guarded")
def test_the_load_balancer_admits_the_vpc_link_and_nobody_else() -> None:
    (link,) = boto3.client("apigatewayv2").get_vpc_links()["Items"]
    (balancer,) = boto3.client("elbv2").describe_load_balancers()["LoadBalancers"]
    groups = boto3.client("ec2").describe_security_groups(GroupIds=balancer["SecurityGroups"])
    (rule,) = groups["SecurityGroups"][0]["IpPermissions"]
    assert balancer["Scheme"] == "internal"
    assert [pair["GroupId"] for pair in rule["UserIdGroupPairs"]] == link["SecurityGroupIds"]
    assert (rule["FromPort"], rule["ToPort"], rule["IpRanges"]) == (80, 80, [])


@pytest.mark.usefixtures("guarded")
def test_the_api_limits_requests_and_logs_them() -> None:
    stage = stage_of_the_api()
    (settings,) = stage["methodSettings"].values()
    assert (settings["throttlingRateLimit"], settings["throttlingBurstLimit"]) == (50, 100)
    group = stage["accessLogSettings"]["destinationArn"].rpartition(":")[2]
    found = boto3.client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert [item["logGroupName"] for item in found] == [group]


@pytest.mark.usefixtures("guarded")
def test_the_first_key_of_the_usage_plan_may_ask_so_often_a_day() -> None:
    client = boto3.client("apigateway")
    (plan,) = client.get_usage_plans()["items"]
    (key,) = client.get_usage_plan_keys(usagePlanId=plan["id"])["items"]
    assert (plan["quota"]["limit"], plan["quota"]["period"]) == (10_000, "DAY")
    assert [(item["apiId"], item["stage"]) for item in plan["apiStages"]] == [(api()["id"], "api")]
    assert key["id"] == output("ApiGatewayKeyId")


@pytest.mark.usefixtures("guarded")
def test_the_firewall_stands_before_the_api() -> None:
    arn = f"arn:aws:apigateway:{REGION}::/restapis/{api()['id']}/stages/api"
    client = boto3.client("wafv2")
    (acl,) = client.list_web_acls(Scope="REGIONAL")["WebACLs"]
    assert client.get_web_acl_for_resource(ResourceArn=arn)["WebACL"]["ARN"] == acl["ARN"]


@pytest.mark.usefixtures("guarded")
def test_the_firewall_logs_to_a_group_that_it_may_write_to() -> None:
    client = boto3.client("wafv2")
    (configuration,) = client.list_logging_configurations(Scope="REGIONAL")["LoggingConfigurations"]
    (destination,) = configuration["LogDestinationConfigs"]
    found = boto3.client("logs").describe_log_groups(logGroupNamePrefix="aws-waf-logs-")
    assert [group["logGroupName"] for group in found["logGroups"]] == [
        destination.rpartition(":")[2]
    ]


@pytest.mark.usefixtures("guarded")
def test_the_load_balancers_logs_go_to_an_encrypted_bucket() -> None:
    elb, s3 = boto3.client("elbv2"), boto3.client("s3")
    (balancer,) = elb.describe_load_balancers()["LoadBalancers"]
    listed = elb.describe_load_balancer_attributes(LoadBalancerArn=balancer["LoadBalancerArn"])
    attributes = {item["Key"]: item["Value"] for item in listed["Attributes"]}
    encryption = s3.get_bucket_encryption(Bucket=attributes["access_logs.s3.bucket"])
    (rule,) = encryption["ServerSideEncryptionConfiguration"]["Rules"]
    assert attributes["access_logs.s3.enabled"] == "true"
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


def test_a_second_deploy_of_the_api_changes_nothing(guarded: Path) -> None:
    assembly.deploy_assembly(guarded, region=REGION)
    client = boto3.client("cloudformation")
    events = client.describe_stack_events(StackName=INFERENCE)["StackEvents"]
    assert not [item for item in events if item["ResourceStatus"].startswith("UPDATE")]


def test_other_limits_of_the_api_are_an_update_in_place(guarded: Path, tmp_path: Path) -> None:
    before = api()["id"]
    limit = {'"ThrottlingRateLimit": 50': '"ThrottlingRateLimit": 20'}
    assembly.deploy_assembly(renamed(guarded, tmp_path, limit), region=REGION)
    (settings,) = stage_of_the_api()["methodSettings"].values()
    assert (api()["id"], settings["throttlingRateLimit"]) == (before, 20)


def test_the_schema_of_a_log_line_has_no_header(guarded: Path) -> None:
    assert guarded
    line = json.loads(stage_of_the_api()["accessLogSettings"]["format"])
    assert "requestId" in line
    assert not [value for value in line.values() if "header" in value.lower()]
