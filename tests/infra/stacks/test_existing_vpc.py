"""A stage in a VPC that is there already: nothing of the VPC is made, and none of it changed."""

from typing import Any, Final

import pytest

from tests.infra.assemblies import EXISTING_VPC, Assembly

PRIVATE: Final = EXISTING_VPC["private_subnet_ids"]
PUBLIC: Final = ["subnet-0123456789abcde10", "subnet-0123456789abcde11"]
OF_A_NETWORK: Final = (
    *("AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::EC2::RouteTable", "AWS::EC2::Route"),
    *("AWS::EC2::VPCEndpoint", "AWS::EC2::FlowLog", "AWS::EC2::NatGateway"),
    "AWS::EC2::InternetGateway",
)


def types(assembly: Assembly) -> set[str]:
    resources = assembly.templates["Inference"]["Resources"].values()
    return {body["Type"] for body in resources}


def test_there_is_no_stack_of_the_network(existing_vpc: Assembly) -> None:
    assert existing_vpc.templates.keys() == {"Registry", "Inference"}


def test_nothing_is_added_that_was_not_asked_for(existing_vpc: Assembly) -> None:
    assert not types(existing_vpc) & set(OF_A_NETWORK)


def test_nothing_is_imported_from_a_stack(existing_vpc: Assembly) -> None:
    assert "Fn::ImportValue" not in str(existing_vpc.templates["Inference"])


def test_tasks_and_an_internal_load_balancer_are_in_the_private_subnets(
    existing_vpc: Assembly,
) -> None:
    network = existing_vpc.only("AWS::ECS::Service")["NetworkConfiguration"]
    assert network["AwsvpcConfiguration"]["Subnets"] == PRIVATE
    assert existing_vpc.only("AWS::ElasticLoadBalancingV2::LoadBalancer")["Subnets"] == PRIVATE
    assert existing_vpc.only("AWS::ApiGatewayV2::VpcLink")["SubnetIds"] == PRIVATE


def test_a_public_load_balancer_is_in_the_public_subnets_and_tasks_are_not(
    existing_vpc_closed: Assembly,
) -> None:
    balancer = existing_vpc_closed.only("AWS::ElasticLoadBalancingV2::LoadBalancer")
    assert (balancer["Scheme"], balancer["Subnets"]) == ("internet-facing", PUBLIC)
    network = existing_vpc_closed.only("AWS::ECS::Service")["NetworkConfiguration"]
    assert network["AwsvpcConfiguration"]["Subnets"] == PRIVATE


def test_everything_that_names_a_vpc_names_that_one(existing_vpc_closed: Assembly) -> None:
    resources = existing_vpc_closed.templates["Inference"]["Resources"].values()
    named = [body["Properties"]["VpcId"] for body in resources if "VpcId" in body["Properties"]]
    assert set(named) == {EXISTING_VPC["id"]}


def interfaces(assembly: Assembly) -> list[dict[str, Any]]:
    bodies = assembly.resources("AWS::EC2::VPCEndpoint").values()
    found = [body["Properties"] for body in bodies]
    return [endpoint for endpoint in found if endpoint["VpcEndpointType"] == "Interface"]


def test_endpoints_that_are_asked_for_are_in_each_private_subnet(
    existing_vpc_closed: Assembly,
) -> None:
    assert len(interfaces(existing_vpc_closed)) == 3
    for endpoint in interfaces(existing_vpc_closed):
        assert endpoint["SubnetIds"] == PRIVATE


def test_endpoints_let_in_the_tasks_of_this_service_alone(existing_vpc_closed: Assembly) -> None:
    ((group,),) = {
        tuple(item["Fn::GetAtt"][0] for item in endpoint["SecurityGroupIds"])
        for endpoint in interfaces(existing_vpc_closed)
    }
    body = existing_vpc_closed.resources("AWS::EC2::SecurityGroup")[group]["Properties"]
    assert "SecurityGroupIngress" not in body
    (rule,) = (
        item["Properties"]
        for item in existing_vpc_closed.resources("AWS::EC2::SecurityGroupIngress").values()
        if item["Properties"]["GroupId"]["Fn::GetAtt"][0] == group
    )
    service = existing_vpc_closed.only("AWS::ECS::Service")["NetworkConfiguration"]
    assert [rule["SourceSecurityGroupId"]] == service["AwsvpcConfiguration"]["SecurityGroups"]
    assert (rule["FromPort"], rule["ToPort"]) == (443, 443)


def test_tasks_start_when_their_endpoints_are_there(existing_vpc_closed: Assembly) -> None:
    (service,) = existing_vpc_closed.resources("AWS::ECS::Service").values()
    assert existing_vpc_closed.resources("AWS::EC2::VPCEndpoint").keys() <= set(
        service["DependsOn"]
    )


def test_flow_logs_are_of_the_existing_vpc_where_they_are_asked_for(
    existing_vpc_closed: Assembly,
) -> None:
    assert existing_vpc_closed.only("AWS::EC2::FlowLog")["ResourceId"] == EXISTING_VPC["id"]


@pytest.mark.parametrize("variant", ["existing_vpc", "existing_vpc_closed"])
def test_synth_says_nothing_about_what_it_does_not_know_of_the_vpc(
    request: pytest.FixtureRequest, variant: str
) -> None:
    assembly: Assembly = request.getfixturevalue(variant)
    # The manifest names a file with what was said of each construct.
    assert "noSubnetRouteTableId" not in str(assembly.report("Inference.metadata.json"))
