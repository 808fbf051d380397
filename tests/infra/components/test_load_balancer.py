"""The load balancer: where it stands, how long it waits, which tasks it hands requests to."""

from typing import Any

import pytest

from infra.stage_files import load_stage
from infra.timeouts import TimeoutBudget
from tests.infra.assemblies import Assembly
from tests.infra.components.ways_in import TARGETS, targets_on

BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"


def attributes(properties: dict[str, Any], key: str) -> dict[str, str]:
    """The attributes of a load balancer or target group as a mapping."""
    return {entry["Key"]: entry["Value"] for entry in properties[key]}


def balancer_group(assembly: Assembly) -> tuple[str, dict[str, Any]]:
    """Logical id and properties of the load balancer's security group."""
    (reference,) = assembly.only(BALANCER)["SecurityGroups"]
    logical_id = reference["Fn::GetAtt"][0]
    return logical_id, assembly.resources("AWS::EC2::SecurityGroup")[logical_id]["Properties"]


@pytest.mark.parametrize("stage", ["local", "dev", "prod"])
def test_the_load_balancer_outwaits_the_stages_longest_request(
    request: pytest.FixtureRequest, stage: str
) -> None:
    assembly: Assembly = request.getfixturevalue(stage)
    budget = TimeoutBudget(load_stage(stage).limits.longest_generation_seconds)
    found = attributes(assembly.only(BALANCER), "LoadBalancerAttributes")
    assert found["idle_timeout.timeout_seconds"] == str(budget.idle_timeout_seconds)


def test_odd_headers_are_dropped_and_smuggling_is_defended_against(prod: Assembly) -> None:
    found = attributes(prod.only(BALANCER), "LoadBalancerAttributes")
    assert found["routing.http.drop_invalid_header_fields.enabled"] == "true"
    assert found["routing.http.desync_mitigation_mode"] == "defensive"


def test_a_stage_may_refuse_every_odd_request(guarded_api: Assembly) -> None:
    found = attributes(guarded_api.only(BALANCER), "LoadBalancerAttributes")
    assert found["routing.http.desync_mitigation_mode"] == "strictest"


@pytest.mark.parametrize(("stage", "protected"), [("dev", "false"), ("prod", "true")])
def test_deletion_protection_is_the_settings(
    request: pytest.FixtureRequest, stage: str, protected: str
) -> None:
    assembly: Assembly = request.getfixturevalue(stage)
    found = attributes(assembly.only(BALANCER), "LoadBalancerAttributes")
    assert found["deletion_protection.enabled"] == protected


def test_an_internal_endpoint_is_in_private_subnets_for_the_vpcs_own_network(
    local: Assembly,
) -> None:
    balancer = local.only(BALANCER)
    assert balancer["Scheme"] == "internal"
    assert all("PrivateSubnet" in subnet["Fn::ImportValue"] for subnet in balancer["Subnets"])
    _, group = balancer_group(local)
    rules = [(rule["CidrIp"], rule["FromPort"]) for rule in group["SecurityGroupIngress"]]
    assert rules == [("10.0.0.0/16", 80)]


def test_a_public_endpoint_is_in_public_subnets_for_the_networks_listed(prod: Assembly) -> None:
    balancer = prod.only(BALANCER)
    assert balancer["Scheme"] == "internet-facing"
    assert all("PublicSubnet" in subnet["Fn::ImportValue"] for subnet in balancer["Subnets"])
    _, group = balancer_group(prod)
    rules = [(rule["CidrIp"], rule["FromPort"]) for rule in group["SecurityGroupIngress"]]
    assert sorted(rules) == [("0.0.0.0/0", 80), ("0.0.0.0/0", 443)]


def test_rest_targets_are_ready_when_the_service_says_so(https: Assembly) -> None:
    _, group = targets_on(https, 8080)
    assert group["ProtocolVersion"] == "HTTP1"
    assert group["HealthCheckPath"] == "/health/ready"
    assert group["Matcher"] == {"HttpCode": "200"}


def test_grpc_targets_are_ready_when_the_health_service_says_so(https: Assembly) -> None:
    _, group = targets_on(https, 50051)
    assert group["ProtocolVersion"] == "GRPC"
    assert group["HealthCheckPath"] == "/grpc.health.v1.Health/Check"
    assert group["Matcher"] == {"GrpcCode": "0"}


@pytest.mark.parametrize("port", [8080, 50051])
def test_both_groups_wait_balance_and_check_alike(https: Assembly, port: int) -> None:
    _, group = targets_on(https, port)
    found = attributes(group, "TargetGroupAttributes")
    assert found["deregistration_delay.timeout_seconds"] == "160"
    assert found["load_balancing.algorithm.type"] == "least_outstanding_requests"
    assert group["TargetType"] == "ip"
    assert group["HealthCheckIntervalSeconds"] == 10
    assert group["HealthCheckTimeoutSeconds"] == 5
    assert group["HealthyThresholdCount"] == 2
    assert group["UnhealthyThresholdCount"] == 3


def test_a_failing_task_gets_fewer_requests_where_the_stage_says_so(guarded_api: Assembly) -> None:
    for group in guarded_api.resources(TARGETS).values():
        found = attributes(group["Properties"], "TargetGroupAttributes")
        assert found["load_balancing.algorithm.type"] == "weighted_random"
        assert found["load_balancing.algorithm.anomaly_mitigation"] == "on"


def test_the_service_registers_each_port_with_its_group(https: Assembly) -> None:
    pairs = {
        entry["ContainerPort"]: entry["TargetGroupArn"]["Ref"]
        for entry in https.only("AWS::ECS::Service")["LoadBalancers"]
    }
    assert pairs == {port: targets_on(https, port)[0] for port in (8080, 50051)}


def test_only_the_load_balancer_reaches_the_tasks_and_only_their_ports(https: Assembly) -> None:
    group, _ = balancer_group(https)
    rules = [r["Properties"] for r in https.resources("AWS::EC2::SecurityGroupIngress").values()]
    assert sorted(rule["FromPort"] for rule in rules) == [8080, 50051]
    for rule in rules:
        assert rule["FromPort"] == rule["ToPort"]
        assert rule["SourceSecurityGroupId"] == {"Fn::GetAtt": [group, "GroupId"]}


def test_the_load_balancer_reaches_the_tasks_and_nothing_else(https: Assembly) -> None:
    logical_id, group = balancer_group(https)
    assert "SecurityGroupEgress" not in group
    rules = [r["Properties"] for r in https.resources("AWS::EC2::SecurityGroupEgress").values()]
    assert sorted(rule["FromPort"] for rule in rules) == [8080, 50051]
    for rule in rules:
        assert rule["GroupId"] == {"Fn::GetAtt": [logical_id, "GroupId"]}
        assert "DestinationSecurityGroupId" in rule
