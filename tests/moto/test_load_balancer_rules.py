"""What AWS refuses of load balancers, the sandbox refuses too."""

from typing import Any

import boto3
import pytest

from sandbox.assembly import DeployFailed
from tests.moto.networks import make_vpc
from tests.moto.templates import deploy, resource, status

pytestmark = pytest.mark.usefixtures("aws")


def balancer(subnets: list[str], **properties: Any) -> dict[str, Any]:
    return resource("AWS::ElasticLoadBalancingV2::LoadBalancer", Subnets=subnets, **properties)


def group(vpc: str) -> dict[str, Any]:
    return resource(
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        VpcId=vpc,
        Port=8080,
        Protocol="HTTP",
        TargetType="ip",
    )


def listener(balancer: str, group: str) -> dict[str, Any]:
    return resource(
        "AWS::ElasticLoadBalancingV2::Listener",
        LoadBalancerArn={"Ref": balancer},
        Port=80,
        Protocol="HTTP",
        DefaultActions=[{"Type": "forward", "TargetGroupArn": {"Ref": group}}],
    )


def test_subnets_of_another_vpc_are_refused() -> None:
    here, there = make_vpc("10.1.0.0/16"), make_vpc("10.2.0.0/16")
    deploy({"Balancer": balancer(here.private)})
    with pytest.raises(DeployFailed, match="cannot be moved to another VPC"):
        deploy({"Balancer": balancer(there.private)})
    assert status() == "UPDATE_ROLLBACK_COMPLETE"


def test_other_subnets_of_the_same_vpc_are_taken() -> None:
    vpc = make_vpc("10.1.0.0/16")
    deploy({"Balancer": balancer(vpc.private)})
    deploy({"Balancer": balancer(vpc.public)})
    (found,) = boto3.client("elbv2").describe_load_balancers()["LoadBalancers"]
    assert {zone["SubnetId"] for zone in found["AvailabilityZones"]} == set(vpc.public)


def test_a_target_group_of_another_vpc_is_refused() -> None:
    here, there = make_vpc("10.1.0.0/16"), make_vpc("10.2.0.0/16")
    parts = {"Balancer": balancer(here.private), "Group": group(there.id)}
    with pytest.raises(DeployFailed, match="is in a different VPC than load balancer"):
        deploy({**parts, "Listener": listener("Balancer", "Group")})


def test_a_target_group_is_of_one_load_balancer_while_another_scheme_replaces_it() -> None:
    vpc = make_vpc("10.1.0.0/16")
    rest = {"Group": group(vpc.id), "Listener": listener("Balancer", "Group")}
    deploy({"Balancer": balancer(vpc.private, Scheme="internal"), **rest})
    with pytest.raises(DeployFailed, match="cannot be associated with more than one"):
        deploy({"Balancer": balancer(vpc.public, Scheme="internet-facing"), **rest})
    assert status() == "UPDATE_ROLLBACK_COMPLETE"
    (found,) = boto3.client("elbv2").describe_load_balancers()["LoadBalancers"]
    assert found["Scheme"] == "internal"


def test_a_port_has_one_listener_while_another_takes_its_place() -> None:
    vpc = make_vpc("10.1.0.0/16")
    parts = {"Balancer": balancer(vpc.private), "Group": group(vpc.id)}
    deploy({**parts, "Old": listener("Balancer", "Group")})
    with pytest.raises(DeployFailed, match="A listener already exists on this port"):
        deploy({**parts, "New": listener("Balancer", "Group")})
    assert status() == "UPDATE_ROLLBACK_COMPLETE"


def test_a_protected_load_balancer_outlives_its_stack() -> None:
    vpc = make_vpc("10.1.0.0/16")
    protected = [{"Key": "deletion_protection.enabled", "Value": "true"}]
    deploy({"Balancer": balancer(vpc.private, LoadBalancerAttributes=protected)})
    boto3.client("cloudformation").delete_stack(StackName="example")
    assert status() == "DELETE_FAILED"
    assert len(boto3.client("elbv2").describe_load_balancers()["LoadBalancers"]) == 1


def test_the_longest_deregistration_delay_is_taken() -> None:
    attribute = {"Key": "deregistration_delay.timeout_seconds", "Value": "3600"}
    made = group(make_vpc("10.1.0.0/16").id)
    made["Properties"]["TargetGroupAttributes"] = [attribute]
    deploy({"Group": made})
    client = boto3.client("elbv2")
    (found,) = client.describe_target_groups()["TargetGroups"]
    described = client.describe_target_group_attributes(TargetGroupArn=found["TargetGroupArn"])
    assert attribute in described["Attributes"]
