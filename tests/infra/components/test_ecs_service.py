"""The ECS service: replaces tasks without a gap, and leaves their number to scaling."""

from typing import Any

import pytest

from tests.infra.assemblies import Assembly


@pytest.fixture
def service(dev: Assembly) -> dict[str, Any]:
    """The service's properties in stage dev."""
    properties: dict[str, Any] = dev.only("AWS::ECS::Service")
    return properties


@pytest.mark.parametrize("stage", ["local", "https", "dev", "prod"])
def test_no_template_sets_the_number_of_tasks(request: pytest.FixtureRequest, stage: str) -> None:
    assembly: Assembly = request.getfixturevalue(stage)
    assert "DesiredCount" not in assembly.only("AWS::ECS::Service")


def test_new_tasks_start_before_old_ones_stop(service: dict[str, Any]) -> None:
    configuration = service["DeploymentConfiguration"]
    assert configuration["MinimumHealthyPercent"] == 100
    assert configuration["MaximumPercent"] == 200


def test_tasks_run_on_demand_unless_spot_is_asked_for(service: dict[str, Any]) -> None:
    assert service["CapacityProviderStrategy"] == [{"CapacityProvider": "FARGATE", "Weight": 1}]
    # With a launch type as well ECS refuses the service.
    assert "LaunchType" not in service


def test_spot_is_used_above_the_tasks_that_run_on_demand(thrifty: Assembly) -> None:
    assert thrifty.only("AWS::ECS::Service")["CapacityProviderStrategy"] == [
        {"CapacityProvider": "FARGATE", "Base": 1, "Weight": 1},
        {"CapacityProvider": "FARGATE_SPOT", "Weight": 3},
    ]


@pytest.mark.parametrize("stage", ["dev", "thrifty"])
def test_a_service_uses_providers_only_while_they_are_tied_to_its_cluster(
    request: pytest.FixtureRequest, stage: str
) -> None:
    assembly: Assembly = request.getfixturevalue(stage)
    kind = "AWS::ECS::ClusterCapacityProviderAssociations"
    ((tie, body),) = assembly.resources(kind).items()
    (service,) = assembly.resources("AWS::ECS::Service").values()
    used = {item["CapacityProvider"] for item in service["Properties"]["CapacityProviderStrategy"]}
    assert used <= set(body["Properties"]["CapacityProviders"])
    assert tie in service["DependsOn"]


def test_a_task_on_spot_serves_until_the_load_balancer_has_found_out(
    dev: Assembly, thrifty: Assembly
) -> None:
    lags = []
    for assembly in (dev, thrifty):
        (container,) = assembly.only("AWS::ECS::TaskDefinition")["ContainerDefinitions"]
        environment = {item["Name"]: item["Value"] for item in container["Environment"]}
        lags.append(environment["LLM_DRAIN_LAG_SECONDS"])
    assert lags == ["5", "35"]


def test_a_failed_rollout_is_rolled_back(service: dict[str, Any]) -> None:
    breaker = service["DeploymentConfiguration"]["DeploymentCircuitBreaker"]
    assert breaker == {"Enable": True, "Rollback": True}


def test_a_starting_task_is_given_time(service: dict[str, Any]) -> None:
    assert service["HealthCheckGracePeriodSeconds"] == 140


def test_tasks_run_in_private_subnets_without_public_addresses(service: dict[str, Any]) -> None:
    network = service["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert network["AssignPublicIp"] == "DISABLED"
    assert len(network["Subnets"]) == 2
    assert all("PrivateSubnet" in subnet["Fn::ImportValue"] for subnet in network["Subnets"])


def test_the_service_waits_for_its_listeners(https: Assembly) -> None:
    (service,) = https.resources("AWS::ECS::Service").values()
    rules = https.resources("AWS::ElasticLoadBalancingV2::ListenerRule")
    listeners = https.resources("AWS::ElasticLoadBalancingV2::Listener").items()
    # Plain HTTP is redirected, and has nothing to do with the service.
    secure = {logical_id for logical_id, body in listeners if body["Properties"]["Port"] == 443}
    assert {*rules, *secure} <= set(service["DependsOn"])


def test_tasks_may_call_out_over_https_only(dev: Assembly, service: dict[str, Any]) -> None:
    (group,) = service["NetworkConfiguration"]["AwsvpcConfiguration"]["SecurityGroups"]
    properties = dev.resources("AWS::EC2::SecurityGroup")[group["Fn::GetAtt"][0]]["Properties"]
    (rule,) = properties["SecurityGroupEgress"]
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 443, 443)
    assert "SecurityGroupIngress" not in properties


def test_bills_can_be_split_by_the_tags_of_the_service(service: dict[str, Any]) -> None:
    assert service["PropagateTags"] == "SERVICE"
    assert {"Key": "stage", "Value": "dev"} in service["Tags"]


def test_the_service_has_no_name_that_would_block_its_replacement(service: dict[str, Any]) -> None:
    assert "ServiceName" not in service
