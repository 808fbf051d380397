"""The VPC: tasks without public addresses, and no question to AWS at synth."""

from typing import Any

import pytest
from aws_cdk.assertions import Match

from tests.infra.assemblies import Assembly


def subnets(assembly: Assembly, name: str) -> list[dict[str, Any]]:
    """The properties of the public or the private subnets."""
    tag = {"Key": "aws-cdk:subnet-name", "Value": name}
    bodies = assembly.resources("AWS::EC2::Subnet", stack="Network").values()
    return [body["Properties"] for body in bodies if tag in body["Properties"]["Tags"]]


@pytest.mark.parametrize(("stage", "zones", "nat_gateways"), [("dev", 2, 1), ("prod", 3, 3)])
def test_zones_and_nat_gateways_are_those_of_the_settings(
    request: pytest.FixtureRequest, stage: str, zones: int, nat_gateways: int
) -> None:
    assembly: Assembly = request.getfixturevalue(stage)
    assert len(subnets(assembly, "Public")) == len(subnets(assembly, "Private")) == zones
    assembly.network.resource_count_is("AWS::EC2::NatGateway", nat_gateways)


def test_each_zone_is_one_that_cloudformation_picks(prod: Assembly) -> None:
    zones = [subnet["AvailabilityZone"] for subnet in subnets(prod, "Private")]
    assert zones == [{"Fn::Select": [index, {"Fn::GetAZs": ""}]} for index in range(3)]


def test_no_subnet_hands_out_public_addresses(prod: Assembly) -> None:
    for subnet in [*subnets(prod, "Public"), *subnets(prod, "Private")]:
        assert subnet["MapPublicIpOnLaunch"] is False


def test_private_subnets_reach_the_internet_through_nat_only(prod: Assembly) -> None:
    routes = prod.resources("AWS::EC2::Route", stack="Network").items()
    private = [body["Properties"] for name, body in routes if "Private" in name]
    assert len(private) == 3
    assert all("NatGatewayId" in route and "GatewayId" not in route for route in private)


def test_image_layers_reach_every_private_subnet_without_nat(dev: Assembly) -> None:
    endpoint = dev.only("AWS::EC2::VPCEndpoint", stack="Network")
    assert endpoint["VpcEndpointType"] == "Gateway"
    assert len(endpoint["RouteTableIds"]) == 4
    dev.network.has_resource_properties(
        "AWS::EC2::VPCEndpoint",
        {"ServiceName": {"Fn::Join": ["", Match.array_with([".s3"])]}},
    )


def test_a_further_zone_moves_no_subnet(dev: Assembly, prod: Assembly) -> None:
    for name in ("Public", "Private"):
        two, three = ([s["CidrBlock"] for s in subnets(a, name)] for a in (dev, prod))
        assert three[:2] == two


def test_the_vpc_has_the_network_of_the_settings(dev: Assembly) -> None:
    dev.network.has_resource_properties("AWS::EC2::VPC", {"CidrBlock": "10.0.0.0/16"})


def test_no_function_of_the_cdk_is_deployed(prod: Assembly) -> None:
    for template in (prod.registry, prod.network, prod.inference):
        template.resource_count_is("AWS::Lambda::Function", 0)


def test_refused_packets_of_the_whole_vpc_are_logged_and_no_others(dev: Assembly) -> None:
    log = dev.only("AWS::EC2::FlowLog", stack="Network")
    (vpc,) = dev.resources("AWS::EC2::VPC", stack="Network")
    assert (log["ResourceId"], log["ResourceType"]) == ({"Ref": vpc}, "VPC")
    assert log["TrafficType"] == "REJECT"


def test_the_flow_logs_of_other_accounts_cannot_use_the_role_of_this_one(dev: Assembly) -> None:
    role = dev.only("AWS::IAM::Role", stack="Network")
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "vpc-flow-logs.amazonaws.com"}
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}


def test_every_subnet_is_exported_whoever_imports_it(dev: Assembly) -> None:
    # Stage dev puts nothing into its public subnets. An endpoint that was public would still
    # import them while this stack, which is deployed first, gives them up.
    exported = [output["Value"] for output in dev.templates["Network"]["Outputs"].values()]
    subnet_ids = dev.resources("AWS::EC2::Subnet", stack="Network")
    for name in (*subnet_ids, *dev.resources("AWS::EC2::VPC", stack="Network")):
        assert {"Ref": name} in exported
