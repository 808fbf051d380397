"""Preflight looks at a VPC that is there already, and at what a deploy would move."""

from dataclasses import replace
from typing import Any

import boto3
import pytest

from operations.account import Account
from operations.preflight.finding import Finding, Mark, Subject
from operations.preflight.move import check_move
from operations.preflight.network import check_network
from operations.stage import SynthesisedStage, read_assembly
from sandbox import assembly
from sandbox.state import REGION
from tests.moto.answers import count
from tests.moto.networks import Vpc, make_vpc
from tests.moto.synthesis import changed, synthesised

pytestmark = pytest.mark.usefixtures("aws")
NETWORK = "llm-on-ecs-local-network"


def stage(**changes: Any) -> SynthesisedStage:
    """Stage local with the changes, synthesised."""
    variant = changed("local", **changes)
    return read_assembly(synthesised(variant), settings=variant.settings())


@pytest.fixture
def vpc(aws: None) -> Vpc:
    return make_vpc("10.9.0.0/16")


@pytest.fixture
def existing(vpc: Vpc) -> SynthesisedStage:
    return stage(existing_vpc=vpc.settings)


def subject(of: SynthesisedStage) -> Subject:
    return Subject(of, Account(boto3.Session(region_name=REGION)))


def network(of: SynthesisedStage, **changes: Any) -> list[Finding]:
    """What is found of the stage with these changes in section `existing_vpc`."""
    section = of.settings.existing_vpc.model_copy(update=changes)
    settings = of.settings.model_copy(update={"existing_vpc": section})
    return list(check_network(subject(replace(of, settings=settings))))


def test_a_vpc_that_is_as_the_stage_says_is_fine(existing: SynthesisedStage) -> None:
    assert [finding.mark for finding in network(existing)] == [Mark.OK]


def test_a_stage_with_a_vpc_of_its_own_has_nothing_to_look_for() -> None:
    (finding,) = network(stage())
    assert finding.mark is Mark.OK


def test_a_subnet_that_the_account_has_not_got_fails(existing: SynthesisedStage) -> None:
    absent = ("subnet-0123456789abcdef0", "subnet-0123456789abcdef1")
    finding, *_ = network(existing, private_subnet_ids=absent)
    assert (finding.mark, absent[0] in finding.found) == (Mark.FAILED, True)


def test_a_subnet_of_another_vpc_fails(existing: SynthesisedStage) -> None:
    other = make_vpc("10.8.0.0/16")
    found = network(existing, private_subnet_ids=tuple(other.private))
    assert [finding.mark for finding in found] == [Mark.FAILED, Mark.FAILED]
    assert f"is in {other.id}, and not in " in found[0].found


def test_two_subnets_of_one_zone_fail(existing: SynthesisedStage, vpc: Vpc) -> None:
    same_zone = (vpc.private[0], vpc.public[0])
    (finding,) = network(existing, private_subnet_ids=same_zone, public_subnet_ids=())
    assert (finding.mark, finding.todo) == (Mark.FAILED, "list one subnet of each zone")


def test_endpoints_need_a_vpc_that_resolves_their_names(
    existing: SynthesisedStage, vpc: Vpc
) -> None:
    found = network(existing, egress="endpoints-made")
    assert [finding.todo for finding in found] == ["turn enableDnsHostnames on"]
    client = boto3.client("ec2")
    client.modify_vpc_attribute(VpcId=vpc.id, EnableDnsHostnames={"Value": True})
    assert [item.mark for item in network(existing, egress="endpoints-made")] == [Mark.OK]


def test_an_endpoint_of_others_is_in_the_way_and_one_of_ours_is_not(
    existing: SynthesisedStage, vpc: Vpc
) -> None:
    client = boto3.client("ec2")
    client.modify_vpc_attribute(VpcId=vpc.id, EnableDnsHostnames={"Value": True})
    made = client.create_vpc_endpoint(
        VpcId=vpc.id, ServiceName="com.amazonaws.us-east-1.logs", VpcEndpointType="Interface"
    )["VpcEndpoint"]["VpcEndpointId"]
    (finding,) = network(existing, egress="endpoints-made")
    assert (finding.mark, f"for logs already: {made}" in finding.found) == (Mark.FAILED, True)
    ours = [{"Key": "project", "Value": "llm-on-ecs"}, {"Key": "stage", "Value": "local"}]
    client.create_tags(Resources=[made], Tags=ours)  # type: ignore[arg-type]
    assert [item.mark for item in network(existing, egress="endpoints-made")] == [Mark.OK]


def test_a_route_table_that_has_a_way_to_s3_takes_no_second_one(
    existing: SynthesisedStage, vpc: Vpc
) -> None:
    client = boto3.client("ec2")
    client.modify_vpc_attribute(VpcId=vpc.id, EnableDnsHostnames={"Value": True})
    client.create_vpc_endpoint(
        VpcId=vpc.id,
        ServiceName="com.amazonaws.us-east-1.s3",
        VpcEndpointType="Gateway",
        RouteTableIds=[vpc.route_table],
    )
    tables = (vpc.route_table,)
    (finding,) = network(existing, egress="endpoints-made", route_table_ids=tables)
    assert (finding.mark, finding.todo) == (
        Mark.FAILED,
        "remove it from existing_vpc.route_table_ids",
    )
    (finding,) = network(existing, egress="endpoints-made")
    assert finding.mark is Mark.OK


def test_the_vpcs_endpoints_are_listed_once(existing: SynthesisedStage, vpc: Vpc) -> None:
    section = existing.settings.existing_vpc.model_copy(update={"egress": "endpoints-made"})
    settings = existing.settings.model_copy(update={"existing_vpc": section})
    session = boto3.Session(region_name=REGION)
    listed = count(session, "ec2.DescribeVpcEndpoints")
    list(check_network(Subject(replace(existing, settings=settings), Account(session))))
    assert len(listed) == 1


def move(of: SynthesisedStage) -> Finding:
    (finding,) = check_move(subject(of))
    return finding


@pytest.fixture
def deployed(aws: None) -> SynthesisedStage:
    """Stage local in its own VPC."""
    assembly.deploy_assembly(synthesised("local"), region=REGION)
    return stage()


def test_a_first_deploy_and_one_in_the_same_place_move_nothing(
    existing: SynthesisedStage, deployed: SynthesisedStage
) -> None:
    assert move(deployed).mark is Mark.OK


def test_a_deploy_into_another_vpc_is_told_with_what_it_means(
    existing: SynthesisedStage, deployed: SynthesisedStage
) -> None:
    finding = move(existing)
    assert (finding.mark, "begins with one task" in finding.todo) == (Mark.NOTE, True)


def test_a_protected_load_balancer_has_to_lose_its_protection_before_it_is_left(
    existing: SynthesisedStage, deployed: SynthesisedStage
) -> None:
    client = boto3.client("elbv2")
    (balancer,) = client.describe_load_balancers()["LoadBalancers"]
    client.modify_load_balancer_attributes(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Attributes=[{"Key": "deletion_protection.enabled", "Value": "true"}],
    )
    finding = move(existing)
    assert (finding.mark, finding.todo) == (
        Mark.FAILED,
        "deploy deletion_protection = false where it is now, then the move",
    )


def test_a_network_that_is_left_behind_is_told_with_the_command_that_removes_it(
    existing: SynthesisedStage, deployed: SynthesisedStage
) -> None:
    *_, finding = network(existing)
    assert finding.mark is Mark.NOTE
    assert finding.todo.endswith(f"aws cloudformation delete-stack --stack-name {NETWORK}")
