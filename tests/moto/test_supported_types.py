"""The tables of the extension agree with CloudFormation's own resource schemas."""

import pytest
from cfnlint.schema.manager import (  # type: ignore[import-untyped]
    PROVIDER_SCHEMA_MANAGER,
)
from moto.cloudformation.parsing import get_model_map

from sandbox.cloudformation.ignored import IGNORED
from sandbox.cloudformation.native import REPLACED_BY
from sandbox.cloudformation.resource import ApiResource
from sandbox.state import REGION

# Properties that the sandbox refuses as a whole, so that they cannot change either.
REFUSED = {
    "AWS::EC2::EIP": {"Address", "IpamPoolId", "NetworkBorderGroup", "TransferAddress"},
    "AWS::EC2::NatGateway": {"AvailabilityMode", "PrivateIpAddress", "VpcId"},
    "AWS::EC2::Route": {"DestinationPrefixListId"},
    "AWS::EC2::SecurityGroupIngress": {
        "GroupName",
        "SourceSecurityGroupName",
        "SourceSecurityGroupOwnerId",
    },
    "AWS::EC2::Subnet": {
        "AvailabilityZoneId",
        "Ipv4IpamPoolId",
        "Ipv4NetmaskLength",
        "Ipv6IpamPoolId",
        "Ipv6Native",
        "Ipv6NetmaskLength",
        "OutpostArn",
    },
    "AWS::EC2::VPC": {"Ipv4IpamPoolId", "Ipv4NetmaskLength"},
    "AWS::EC2::VPCEndpoint": {
        "DnsOptions",
        "ResourceConfigurationArn",
        "ServiceNetworkArn",
        "ServiceRegion",
    },
    "AWS::Lambda::Function": {"TenancyConfig"},
}


def our_types() -> dict[str, type[ApiResource]]:
    from sandbox.cloudformation import stacks

    stacks.install()
    models = get_model_map()
    return {
        kind: model
        for kind, model in models.items()
        if issubclass(model, ApiResource) and kind not in IGNORED
    }


def schema_of(kind: str) -> dict[str, object]:
    schema: dict[str, object] = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
    return schema


def names(schema: dict[str, object], key: str) -> set[str]:
    listed = schema.get(key, [])
    assert isinstance(listed, list)
    return {path.split("/")[2] for path in listed}


@pytest.mark.parametrize("kind", sorted(our_types()))
def test_what_forces_a_replacement_is_what_the_schema_says(kind: str) -> None:
    schema = schema_of(kind)
    properties = schema["properties"]
    assert isinstance(properties, dict)
    declared = our_types()[kind].replaced_by
    documented = names(schema, "createOnlyProperties")
    conditional = names(schema, "conditionalCreateOnlyProperties")
    read_only = names(schema, "readOnlyProperties")
    assert declared <= documented | conditional, "not documented to force a replacement"
    missing = documented - declared - read_only
    assert missing & set(properties) == REFUSED.get(kind, set())


@pytest.mark.parametrize("kind", sorted(our_types()))
def test_what_get_att_gives_is_what_the_schema_says(kind: str) -> None:
    schema = schema_of(kind)
    properties = schema["properties"]
    assert isinstance(properties, dict)
    assert our_types()[kind].returns <= set(properties)


@pytest.mark.parametrize("kind", sorted(REPLACED_BY))
def test_native_types_are_moto_s_own(kind: str) -> None:
    assert not issubclass(get_model_map()[kind], ApiResource)
