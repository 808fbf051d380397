"""The load balancer: who may connect, where REST and gRPC go, how long it waits."""

from typing import Any

import pytest

from infra.stage_files import load_stage
from infra.timeouts import TimeoutBudget
from tests.infra.assemblies import Assembly

BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
RULE = "AWS::ElasticLoadBalancingV2::ListenerRule"
TARGETS = "AWS::ElasticLoadBalancingV2::TargetGroup"


def attributes(properties: dict[str, Any], key: str) -> dict[str, str]:
    """The attributes of a load balancer or target group as a mapping."""
    return {entry["Key"]: entry["Value"] for entry in properties[key]}


def rules(assembly: Assembly, action: str) -> list[dict[str, Any]]:
    """The properties of the listener rules with this kind of action."""
    bodies = [body["Properties"] for body in assembly.resources(RULE).values()]
    return [body for body in bodies if body["Actions"][0]["Type"] == action]


def listener_on(assembly: Assembly, port: int) -> dict[str, Any]:
    """The properties of the listener on one port."""
    bodies = assembly.resources(LISTENER).values()
    (only,) = (body["Properties"] for body in bodies if body["Properties"]["Port"] == port)
    properties: dict[str, Any] = only
    return properties


def targets_on(assembly: Assembly, port: int) -> tuple[str, dict[str, Any]]:
    """Logical id and properties of the target group on one port."""
    groups = assembly.resources(TARGETS).items()
    (only,) = ((i, b["Properties"]) for i, b in groups if b["Properties"]["Port"] == port)
    return only


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


def test_without_a_certificate_there_is_plain_http_and_no_grpc(local: Assembly) -> None:
    assert listener_on(local, 80)["Protocol"] == "HTTP"
    assert len(local.resources(LISTENER)) == len(local.resources(TARGETS)) == 1
    assert rules(local, "forward") == []


def test_with_a_certificate_everything_is_https(https: Assembly) -> None:
    listener = listener_on(https, 443)
    assert listener["Protocol"] == "HTTPS"
    assert listener["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
    assert len(https.resources(LISTENER)) == 2


def test_plain_http_is_redirected_to_it(https: Assembly) -> None:
    (action,) = listener_on(https, 80)["DefaultActions"]
    assert action["Type"] == "redirect"
    assert action["RedirectConfig"] == {
        "Protocol": "HTTPS",
        "Port": "443",
        "StatusCode": "HTTP_301",
    }


def test_grpc_is_routed_by_its_content_type(https: Assembly) -> None:
    (rule,) = rules(https, "forward")
    grpc, _ = targets_on(https, 50051)
    assert rule["Conditions"] == [
        {
            "Field": "http-header",
            "HttpHeaderConfig": {
                "HttpHeaderName": "content-type",
                "Values": ["application/grpc*"],
            },
        }
    ]
    assert rule["Actions"] == [{"Type": "forward", "TargetGroupArn": {"Ref": grpc}}]


def test_grpc_can_be_left_out_of_a_secure_endpoint(hosted_zone: Assembly) -> None:
    assert listener_on(hosted_zone, 443)["Protocol"] == "HTTPS"
    ports = {body["Properties"]["Port"] for body in hosted_zone.resources(TARGETS).values()}
    assert ports == {8080}


def test_everything_else_is_rest(https: Assembly) -> None:
    rest, _ = targets_on(https, 8080)
    assert listener_on(https, 443)["DefaultActions"] == [
        {"Type": "forward", "TargetGroupArn": {"Ref": rest}}
    ]


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


def test_metrics_are_hidden_from_clients(local: Assembly, prod: Assembly) -> None:
    for assembly in (local, prod):
        (hidden,) = rules(assembly, "fixed-response")
        assert hidden["Conditions"] == [
            {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/metrics"]}}
        ]
        assert hidden["Actions"][0]["FixedResponseConfig"]["StatusCode"] == "404"
        assert all(hidden["Priority"] < rule["Priority"] for rule in rules(assembly, "forward"))
