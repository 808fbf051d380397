"""Preflight and the endpoint's own name, which somebody may have pointed elsewhere."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from operations.account import Account
from operations.preflight.finding import Finding, Mark, Subject
from operations.preflight.records import check_records
from operations.stage import SynthesisedStage, read_assembly
from sandbox import assembly
from sandbox.state import REGION
from tests.infra.assemblies import VARIANTS

from .answers import answer, refusal
from .test_hosted_zone import make_zone

pytestmark = pytest.mark.usefixtures("aws")
NAME = "llm.example.com"


@pytest.fixture
def stage(synthesised: Callable[[str], Path], tmp_path: Path) -> SynthesisedStage:
    """A stage whose hosted zone is in the account; its assembly is in `tmp_path`."""
    make_zone(synthesised("hosted-zone"), into=tmp_path)
    return read_assembly(tmp_path, settings=VARIANTS["hosted-zone"].settings())


@pytest.fixture
def session() -> boto3.Session:
    return boto3.Session(region_name=REGION)


def look(stage: SynthesisedStage, session: boto3.Session) -> Finding:
    (finding,) = check_records(Subject(stage, Account(session)))
    return finding


def put(kind: Any, value: str, *, name: str = NAME) -> None:
    """A record that somebody makes in the stage's zone."""
    client = boto3.client("route53")
    (zone,) = client.list_hosted_zones()["HostedZones"]
    client.change_resource_record_sets(
        HostedZoneId=zone["Id"],
        ChangeBatch={
            "Changes": [
                {
                    "Action": "UPSERT",
                    "ResourceRecordSet": {
                        "Name": name,
                        "Type": kind,
                        "TTL": 60,
                        "ResourceRecords": [{"Value": value}],
                    },
                }
            ]
        },
    )


def test_name_that_nobody_has_is_fine(stage: SynthesisedStage, session: boto3.Session) -> None:
    assert look(stage, session).mark is Mark.OK


@pytest.mark.parametrize(("kind", "value"), [("A", "192.0.2.1"), ("CNAME", "old.example.org")])
def test_name_that_leads_elsewhere_fails(
    stage: SynthesisedStage, session: boto3.Session, kind: str, value: str
) -> None:
    put(kind, value)
    finding = look(stage, session)
    assert finding.mark is Mark.FAILED
    assert finding.found.startswith(f"{NAME} has a record {kind} in ")


def test_ipv6_address_of_the_name_is_no_obstacle_and_is_told(
    stage: SynthesisedStage, session: boto3.Session
) -> None:
    put("AAAA", "2001:db8::1")
    finding = look(stage, session)
    assert (finding.mark, "who speaks IPv6" in finding.found) == (Mark.NOTE, True)


def test_records_of_other_names_and_kinds_are_nobodys_business(
    stage: SynthesisedStage, session: boto3.Session
) -> None:
    put("A", "192.0.2.1", name=f"not-{NAME}")
    put("A", "192.0.2.1", name=f"below.{NAME}")
    put("TXT", '"text"')
    assert look(stage, session).mark is Mark.OK


def test_record_of_the_stack_itself_is_not_in_the_way(
    stage: SynthesisedStage, session: boto3.Session, tmp_path: Path
) -> None:
    assembly.deploy_assembly(tmp_path, region=REGION)
    assert look(stage, session).mark is Mark.OK


def test_hosted_zone_that_the_account_has_not_got_fails(
    synthesised: Callable[[str], Path], session: boto3.Session
) -> None:
    settings = VARIANTS["hosted-zone"].settings()
    elsewhere = read_assembly(synthesised("hosted-zone"), settings=settings)
    finding = look(elsewhere, session)
    assert (finding.mark, finding.todo) == (Mark.FAILED, "correct domain.hosted_zone_id")


def test_stage_without_a_name_of_its_own_asks_nothing(
    synthesised: Callable[[str], Path], session: boto3.Session
) -> None:
    settings = VARIANTS["local"].settings()
    plain = read_assembly(synthesised("local"), settings=settings)
    answer(session, "route53.ListResourceRecordSets", refusal("AccessDenied"))
    assert look(plain, session).mark is Mark.OK
