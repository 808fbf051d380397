"""Preflight looks whether a VPC of the stage's own has its zones and addresses."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from operations.account import Account
from operations.preflight.finding import Finding, Mark, Subject
from operations.preflight.network_room import check_addresses, check_zones
from operations.stage import SynthesisedStage, read_assembly
from sandbox.state import REGION
from tests.infra.assemblies import VARIANTS

from .answers import answer, count, refusal

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def prod(synthesised: Callable[[str], Path]) -> SynthesisedStage:
    """Three zones, a NAT gateway in each."""
    return read_assembly(synthesised("prod"), settings=VARIANTS["prod"].settings())


@pytest.fixture
def session() -> boto3.Session:
    return boto3.Session(region_name=REGION)


def zones(stage: SynthesisedStage, session: boto3.Session, *states: str) -> Finding:
    there = [{"ZoneName": f"zone-{at}", "State": state} for at, state in enumerate(states)]
    answer(session, "ec2.DescribeAvailabilityZones", {"AvailabilityZones": there})
    (finding,) = check_zones(Subject(stage, Account(session)))
    return finding


def test_a_region_with_as_many_zones_is_fine(
    prod: SynthesisedStage, session: boto3.Session
) -> None:
    assert zones(prod, session, *["available"] * 3).mark is Mark.OK


def test_a_region_with_fewer_zones_that_are_available_fails(
    prod: SynthesisedStage, session: boto3.Session
) -> None:
    finding = zones(prod, session, "available", "available", "impaired")
    assert (finding.mark, "has 2 for this account; 3 are" in finding.found) == (Mark.FAILED, True)


def addresses(
    stage: SynthesisedStage, session: boto3.Session, quota: dict[str, Any], *, used: int
) -> Finding:
    answer(session, "service-quotas.GetServiceQuota", quota)
    for _ in range(used):
        session.client("ec2").allocate_address(Domain="vpc")
    (finding,) = check_addresses(Subject(stage, Account(session)))
    return finding


FIVE = {"Quota": {"Value": 5.0}}


def test_room_for_an_address_of_each_nat_gateway_is_fine(
    prod: SynthesisedStage, session: boto3.Session
) -> None:
    assert addresses(prod, session, FIVE, used=2).mark is Mark.OK


def test_a_second_stage_of_three_nat_gateways_needs_more_addresses(
    prod: SynthesisedStage, session: boto3.Session
) -> None:
    finding = addresses(prod, session, FIVE, used=3)
    assert finding.mark is Mark.FAILED
    assert finding.todo.startswith("ask Service Quotas for 6 (L-0263D0A3)")


def test_addresses_that_the_stack_has_are_not_counted_again(
    prod: SynthesisedStage, session: boto3.Session
) -> None:
    own = [
        {"LogicalResourceId": item.logical_id, "ResourceType": item.type}
        | {"ResourceStatus": "CREATE_COMPLETE"}
        for item in prod.resources()
    ]
    answer(session, "cloudformation.ListStackResources", {"StackResourceSummaries": own})
    assert addresses(prod, session, FIVE, used=5).mark is Mark.OK


def test_a_stack_is_listed_once_for_all_its_addresses(
    prod: SynthesisedStage, session: boto3.Session
) -> None:
    listed = count(session, "cloudformation.ListStackResources")
    addresses(prod, session, FIVE, used=0)
    assert len(listed) == 1


def test_a_quota_that_nobody_names_is_unknown(
    prod: SynthesisedStage, session: boto3.Session
) -> None:
    missing = refusal("NoSuchResourceException")
    assert addresses(prod, session, missing, used=0).mark is Mark.UNKNOWN
