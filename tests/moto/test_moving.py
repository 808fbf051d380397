"""A deployed stage is moved into another VPC, from one to another, and back into its own."""

from typing import Any, Final

import boto3
import pytest

from sandbox import assembly
from sandbox.certificate import ensure_certificate
from sandbox.state import REGION
from tests.moto.networks import make_vpc
from tests.moto.services import described
from tests.moto.synthesis import changed, synthesised
from tests.moto.templates import status

NETWORK: Final = "llm-on-ecs-local-network"
INFERENCE: Final = "llm-on-ecs-local-inference"
PUBLIC: Final[dict[str, Any]] = {
    "endpoint": {"public": True, "allowed_networks": ("0.0.0.0/0",)},
    "auth": {"grpc": "keys"},
}


def deploy(**changes: Any) -> None:
    assembly.deploy_assembly(synthesised(changed("local", **changes)), region=REGION)


def balancer() -> dict[str, Any]:
    """The one that is there."""
    (found,) = boto3.client("elbv2").describe_load_balancers()["LoadBalancers"]
    return dict(found)


def subnets_of_tasks() -> list[str]:
    return list(described()["networkConfiguration"]["awsvpcConfiguration"]["subnets"])


def endpoints() -> list[dict[str, Any]]:
    """Those that are there; EC2 lists a deleted one for a while."""
    found = boto3.client("ec2").describe_vpc_endpoints()["VpcEndpoints"]
    return [dict(item) for item in found if item["State"].lower() != "deleted"]


def vpc_of(stack: str) -> str:
    """The one that a network stack has made."""
    found = boto3.client("cloudformation").describe_stack_resources(StackName=stack)
    (vpc,) = (
        item["PhysicalResourceId"]
        for item in found["StackResources"]
        if item["ResourceType"] == "AWS::EC2::VPC"
    )
    return vpc


@pytest.fixture(autouse=True)
def own(aws: None) -> None:
    """An account with stage local in its own VPC."""
    deploy()


def test_service_and_load_balancer_move_into_an_existing_vpc() -> None:
    there = make_vpc("10.9.0.0/16")
    deploy(existing_vpc=there.settings)
    assert balancer()["VpcId"] == there.id
    assert subnets_of_tasks() == there.private
    groups = boto3.client("elbv2").describe_target_groups()["TargetGroups"]
    assert {group["VpcId"] for group in groups} == {there.id}


def test_old_network_stays_until_it_is_deleted_and_can_be_deleted_then() -> None:
    client = boto3.client("cloudformation")
    client.delete_stack(StackName=NETWORK)
    assert status(NETWORK) == "DELETE_FAILED"  # the service is in it
    deploy(existing_vpc=make_vpc("10.9.0.0/16").settings)
    assert vpc_of(NETWORK)
    client.delete_stack(StackName=NETWORK)
    names = {stack["StackName"] for stack in client.describe_stacks()["Stacks"]}
    assert names == {INFERENCE, "llm-on-ecs-local-registry"}


def test_stage_moves_from_one_existing_vpc_to_another_with_all_that_was_added() -> None:
    first, second = make_vpc("10.8.0.0/16"), make_vpc("10.9.0.0/16")
    asked = {"egress": "endpoints-made", "flow_logs": True}
    for vpc in (first, second):
        added = asked | {"route_table_ids": [vpc.route_table]}
        deploy(existing_vpc=vpc.settings | added, task={"image": LOCAL})
    assert balancer()["VpcId"] == second.id
    # The network stack's own endpoint to S3 is there until that stack is deleted.
    assert {item["VpcId"] for item in endpoints()} == {second.id, vpc_of(NETWORK)}
    logs = {item["ResourceId"] for item in boto3.client("ec2").describe_flow_logs()["FlowLogs"]}
    assert logs == {second.id, vpc_of(NETWORK)}


# A registry that is reached without the internet.
LOCAL: Final = "registry.internal/llm-on-ecs:local"


def test_stage_comes_back_into_a_vpc_of_its_own() -> None:
    deploy(existing_vpc=make_vpc("10.9.0.0/16").settings)
    boto3.client("cloudformation").delete_stack(StackName=NETWORK)
    deploy()
    assert balancer()["VpcId"] == vpc_of(NETWORK)


def test_internal_endpoint_becomes_public_and_internal_again() -> None:
    certificate = {"certificate_arn": ensure_certificate(region=REGION)}
    deploy(**PUBLIC | {"endpoint": PUBLIC["endpoint"] | certificate})
    assert balancer()["Scheme"] == "internet-facing"
    deploy()
    assert balancer()["Scheme"] == "internal"


def test_nat_is_turned_off_and_on_beneath_a_running_service() -> None:
    client = boto3.client("ec2")
    before = balancer()["LoadBalancerArn"], subnets_of_tasks()
    for gateways in (0, 1):
        image = {"image": LOCAL}
        deploy(network={"nat_gateways": gateways}, task=image)
        found = client.describe_nat_gateways()["NatGateways"]
        assert sum(item["State"] == "available" for item in found) == gateways
        kinds = [item["VpcEndpointType"] for item in endpoints()]
        assert kinds.count("Interface") == (0 if gateways else 4)
    assert (balancer()["LoadBalancerArn"], subnets_of_tasks()) == before
