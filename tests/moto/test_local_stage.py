"""What stage local has made in the account after a deploy, asked of the AWS APIs."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from sandbox.key import add_key, find_secret, holds_key

pytestmark = pytest.mark.usefixtures("deployed")


@pytest.fixture
def service() -> dict[str, Any]:
    client = boto3.client("ecs")
    cluster = client.list_clusters()["clusterArns"][0]
    arns = client.list_services(cluster=cluster)["serviceArns"]
    described = client.describe_services(cluster=cluster, services=arns)
    assert not described["failures"]
    return dict(described["services"][0])


@pytest.fixture
def task(service: dict[str, Any]) -> dict[str, Any]:
    answer = boto3.client("ecs").describe_task_definition(taskDefinition=service["taskDefinition"])
    return dict(answer["taskDefinition"])


@pytest.fixture
def container(task: dict[str, Any]) -> dict[str, Any]:
    (only,) = task["containerDefinitions"]
    return dict(only)


@pytest.fixture
def target_groups() -> dict[str, dict[str, Any]]:
    """By protocol version."""
    groups = boto3.client("elbv2").describe_target_groups()["TargetGroups"]
    return {group["ProtocolVersion"]: dict(group) for group in groups}


def attributes_of(group: dict[str, Any]) -> dict[str, str]:
    client = boto3.client("elbv2")
    listed = client.describe_target_group_attributes(TargetGroupArn=group["TargetGroupArn"])
    return {item["Key"]: item["Value"] for item in listed["Attributes"]}


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


def test_service_stands_behind_both_target_groups(
    service: dict[str, Any], target_groups: dict[str, dict[str, Any]]
) -> None:
    ports = {item["targetGroupArn"]: item["containerPort"] for item in service["loadBalancers"]}
    assert ports == {
        target_groups["HTTP1"]["TargetGroupArn"]: 8080,
        target_groups["GRPC"]["TargetGroupArn"]: 50051,
    }


def test_tasks_run_in_private_subnets_without_public_addresses(service: dict[str, Any]) -> None:
    network = service["networkConfiguration"]["awsvpcConfiguration"]
    subnets = boto3.client("ec2").describe_subnets(SubnetIds=network["subnets"])["Subnets"]
    assert network["assignPublicIp"] == "DISABLED"
    assert len({item["AvailabilityZone"] for item in subnets}) == 2
    assert not any(item["MapPublicIpOnLaunch"] for item in subnets)


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


def test_second_deploy_changes_nothing(deployed: Path, service: dict[str, Any]) -> None:
    from sandbox import assembly
    from sandbox.state import REGION

    assembly.deploy_assembly(deployed, region=REGION)
    events = boto3.client("cloudformation").describe_stack_events(
        StackName="llm-on-ecs-local-inference"
    )["StackEvents"]
    assert not [item for item in events if item["ResourceStatus"].startswith("UPDATE")]
