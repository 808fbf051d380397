"""How traffic reaches and leaves stage local's tasks after a deploy, asked of the AWS APIs."""

from typing import Any

import boto3
import pytest

pytestmark = pytest.mark.usefixtures("deployed")


def test_service_stands_behind_both_target_groups(
    service: dict[str, Any], target_groups: dict[str, dict[str, Any]]
) -> None:
    ports = {item["targetGroupArn"]: item["containerPort"] for item in service["loadBalancers"]}
    assert ports == {
        target_groups["HTTP1"]["TargetGroupArn"]: 8080,
        target_groups["GRPC"]["TargetGroupArn"]: 50051,
    }


def attributes_of(group: dict[str, Any]) -> dict[str, str]:
    client = boto3.client("elbv2")
    listed = client.describe_target_group_attributes(TargetGroupArn=group["TargetGroupArn"])
    return {item["Key"]: item["Value"] for item in listed["Attributes"]}


def test_tasks_run_in_private_subnets_without_public_addresses(service: dict[str, Any]) -> None:
    network = service["networkConfiguration"]["awsvpcConfiguration"]
    subnets = boto3.client("ec2").describe_subnets(SubnetIds=network["subnets"])["Subnets"]
    assert network["assignPublicIp"] == "DISABLED"
    assert len({item["AvailabilityZone"] for item in subnets}) == 2
    assert not any(item["MapPublicIpOnLaunch"] for item in subnets)


def test_http_targets_are_checked_for_readiness(target_groups: dict[str, dict[str, Any]]) -> None:
    group = target_groups["HTTP1"]
    assert group["HealthCheckPath"] == "/health/ready"
    assert group["Matcher"] == {"HttpCode": "200"}
    assert group["TargetType"] == "ip"


def test_grpc_targets_are_checked_by_the_health_service(
    target_groups: dict[str, dict[str, Any]],
) -> None:
    group = target_groups["GRPC"]
    assert group["HealthCheckPath"] == "/grpc.health.v1.Health/Check"
    assert group["Matcher"] == {"GrpcCode": "0"}


def test_deregistration_delay_outlasts_the_longest_generation(
    target_groups: dict[str, dict[str, Any]], container: dict[str, Any]
) -> None:
    environment = {item["name"]: item["value"] for item in container["environment"]}
    longest = int(environment["LLM_GENERATION_TIMEOUT_SECONDS"])
    for group in target_groups.values():
        delay = int(attributes_of(group)["deregistration_delay.timeout_seconds"])
        assert delay >= longest


def test_load_balancer_stays_idle_longer_than_a_generation(container: dict[str, Any]) -> None:
    client = boto3.client("elbv2")
    (balancer,) = client.describe_load_balancers()["LoadBalancers"]
    arn = balancer["LoadBalancerArn"]
    listed = client.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    attributes = {item["Key"]: item["Value"] for item in listed}
    environment = {item["name"]: item["value"] for item in container["environment"]}
    idle = int(attributes["idle_timeout.timeout_seconds"])
    assert idle >= int(environment["LLM_GENERATION_TIMEOUT_SECONDS"])
    assert idle < int(environment["LLM_KEEP_ALIVE_SECONDS"])


def test_https_listener_sends_grpc_to_its_targets_and_the_rest_to_http(
    target_groups: dict[str, dict[str, Any]],
) -> None:
    client = boto3.client("elbv2")
    balancer = client.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    listeners = client.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
    (listener,) = [item for item in listeners if item["Port"] == 443]
    rules = client.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
    by_priority = {rule["Priority"]: rule for rule in rules}
    (grpc_rule,) = [rule for rule in rules if "application/grpc" in str(rule["Conditions"])]
    assert listener["Protocol"] == "HTTPS"
    assert listener["Certificates"]
    assert targets_of(grpc_rule) == [target_groups["GRPC"]["TargetGroupArn"]]
    assert targets_of(by_priority["default"]) == [target_groups["HTTP1"]["TargetGroupArn"]]


def targets_of(rule: Any) -> list[str]:
    found = []
    for action in rule["Actions"]:
        config = action.get("ForwardConfig", {}).get("TargetGroups", [])
        found += [item["TargetGroupArn"] for item in config] or [action["TargetGroupArn"]]
    return found


def test_only_the_load_balancer_reaches_the_tasks(service: dict[str, Any]) -> None:
    client = boto3.client("ec2")
    (group,) = service["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"]
    described = client.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    balancer = boto3.client("elbv2").describe_load_balancers()["LoadBalancers"][0]
    sources = {
        (rule["FromPort"], pair["GroupId"])
        for rule in described["IpPermissions"]
        for pair in rule["UserIdGroupPairs"]
    }
    assert sources == {(port, balancer["SecurityGroups"][0]) for port in (8080, 50051)}
    assert not any(rule["IpRanges"] for rule in described["IpPermissions"])


def test_load_balancer_reaches_only_the_tasks() -> None:
    balancer = boto3.client("elbv2").describe_load_balancers()["LoadBalancers"][0]
    groups = boto3.client("ec2").describe_security_groups(GroupIds=balancer["SecurityGroups"])
    egress = groups["SecurityGroups"][0]["IpPermissionsEgress"]
    assert {rule["FromPort"] for rule in egress if rule["UserIdGroupPairs"]} == {8080, 50051}
    assert not any(item["CidrIp"] == "0.0.0.0/0" for rule in egress for item in rule["IpRanges"])


def test_vpc_resolves_names() -> None:
    client = boto3.client("ec2")
    vpcs = client.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["false"]}])["Vpcs"]
    identity = vpcs[0]["VpcId"]
    answer = client.describe_vpc_attribute(VpcId=identity, Attribute="enableDnsHostnames")
    assert answer["EnableDnsHostnames"]["Value"] is True


def test_private_subnets_leave_through_the_nat_gateway(service: dict[str, Any]) -> None:
    client = boto3.client("ec2")
    for subnet in service["networkConfiguration"]["awsvpcConfiguration"]["subnets"]:
        (table,) = client.describe_route_tables(
            Filters=[{"Name": "association.subnet-id", "Values": [subnet]}]
        )["RouteTables"]
        routes = {item.get("DestinationCidrBlock"): item for item in table["Routes"]}
        assert routes["0.0.0.0/0"]["NatGatewayId"]
