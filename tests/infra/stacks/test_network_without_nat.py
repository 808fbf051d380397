"""A VPC whose tasks have no way to the internet, and what turning NAT off and on again changes."""

import ipaddress
from typing import Any, Final

import pytest

from tests.infra.assemblies import Assembly
from tests.infra.stacks.test_network import subnets

# What CloudFormation changes in place: the AWS::EC2::Subnet and VPCEndpoint reference.
IN_PLACE: Final = {
    "AWS::EC2::Subnet": {"Tags"},
    "AWS::EC2::VPCEndpoint": {"PolicyDocument"},
}


def changed(before: Assembly, after: Assembly) -> dict[str, set[str]]:
    """Of each resource in both networks: the properties that differ."""
    old, new = (assembly.templates["Network"]["Resources"] for assembly in (before, after))
    return {
        name: {
            key
            for key in old[name]["Properties"] | new[name]["Properties"]
            if old[name]["Properties"].get(key) != new[name]["Properties"].get(key)
        }
        for name in old.keys() & new.keys()
        if old[name] != new[name]
    }


def test_there_is_no_nat_gateway_and_no_route_out_of_a_private_subnet(no_nat: Assembly) -> None:
    no_nat.network.resource_count_is("AWS::EC2::NatGateway", 0)
    routes = no_nat.resources("AWS::EC2::Route", stack="Network")
    assert not [name for name in routes if "Private" in name]


def test_turning_nat_off_replaces_nothing_and_changes_only_what_can_be_changed_in_place(
    dev: Assembly, no_nat: Assembly
) -> None:
    resources = dev.templates["Network"]["Resources"]
    for name, keys in changed(dev, no_nat).items():
        assert keys <= IN_PLACE[resources[name]["Type"]], name


def test_turning_nat_off_removes_only_the_way_out(dev: Assembly, no_nat: Assembly) -> None:
    before, after = (a.templates["Network"]["Resources"] for a in (dev, no_nat))
    gone = {before[name]["Type"] for name in before.keys() - after.keys()}
    assert gone == {"AWS::EC2::EIP", "AWS::EC2::NatGateway", "AWS::EC2::Route"}


def test_turning_nat_off_or_on_changes_no_export(dev: Assembly, no_nat: Assembly) -> None:
    assert dev.templates["Network"]["Outputs"] == no_nat.templates["Network"]["Outputs"]


def test_the_service_does_not_notice(dev: Assembly, no_nat: Assembly) -> None:
    assert dev.templates["Inference"] == no_nat.templates["Inference"]


def interfaces(assembly: Assembly) -> list[dict[str, Any]]:
    bodies = assembly.resources("AWS::EC2::VPCEndpoint", stack="Network").values()
    found = [body["Properties"] for body in bodies]
    return [endpoint for endpoint in found if endpoint["VpcEndpointType"] == "Interface"]


def test_endpoints_are_in_every_zone_under_the_services_own_names(no_nat: Assembly) -> None:
    for endpoint in interfaces(no_nat):
        assert len(endpoint["SubnetIds"]) == 2
        assert endpoint["PrivateDnsEnabled"] is True


def test_endpoints_let_in_private_subnets_over_https_and_nobody_else(no_nat: Assembly) -> None:
    (group,) = (
        body["Properties"]
        for name, body in no_nat.resources("AWS::EC2::SecurityGroup", stack="Network").items()
        if "Endpoints" in name
    )
    private = {subnet["CidrBlock"] for subnet in subnets(no_nat, "Private")}
    rules = group["SecurityGroupIngress"]
    assert {rule["CidrIp"] for rule in rules} == private
    assert {(rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) for rule in rules} == {
        ("tcp", 443, 443)
    }
    public = [ipaddress.IPv4Network(subnet["CidrBlock"]) for subnet in subnets(no_nat, "Public")]
    assert not any(
        network.overlaps(ipaddress.IPv4Network(rule["CidrIp"]))
        for network in public
        for rule in rules
    )


@pytest.mark.parametrize("variant", ["dev", "prod"])
def test_with_nat_there_is_no_interface_endpoint_to_pay_for(
    request: pytest.FixtureRequest, variant: str
) -> None:
    assert interfaces(request.getfixturevalue(variant)) == []


def test_with_nat_the_endpoint_to_s3_passes_on_everything(dev: Assembly) -> None:
    endpoint = dev.only("AWS::EC2::VPCEndpoint", stack="Network")
    assert "PolicyDocument" not in endpoint
