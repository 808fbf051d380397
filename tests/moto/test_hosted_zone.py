"""An endpoint with a name of its own, deployed into moto and asked of AWS's APIs."""

from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from sandbox import assembly
from sandbox.state import REGION
from tests.infra.assemblies import VARIANTS
from tests.moto.synthesis import renamed

ZONE = VARIANTS["hosted-zone"].settings().domain.hosted_zone_id


@pytest.fixture
def hosted(synthesised: Callable[[str], Path], tmp_path: Path) -> Iterator[Path]:
    """The account after a deploy with a hosted zone."""
    with mock_aws():
        make_zone(synthesised("hosted-zone"), into=tmp_path)
        assembly.deploy_assembly(tmp_path, region=REGION)
        yield tmp_path


def make_zone(directory: Path, *, into: Path) -> None:
    """Make the zone of the settings; moto gives it an id of its own, which the templates get."""
    made = boto3.client("route53").create_hosted_zone(Name="example.com", CallerReference="1")
    renamed(directory, into, {str(ZONE): made["HostedZone"]["Id"].rpartition("/")[2]})


@pytest.mark.usefixtures("hosted")
def test_the_name_of_a_hosted_zone_resolves_to_the_load_balancer() -> None:
    client = boto3.client("route53")
    (zone,) = client.list_hosted_zones()["HostedZones"]
    records = client.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    (alias,) = [record for record in records if record["Type"] == "A"]
    (balancer,) = boto3.client("elbv2").describe_load_balancers()["LoadBalancers"]
    assert alias["Name"] == "llm.example.com."
    assert alias["AliasTarget"]["DNSName"].rstrip(".") == f"dualstack.{balancer['DNSName']}"
    assert alias["AliasTarget"]["HostedZoneId"] == balancer["CanonicalHostedZoneId"]


@pytest.mark.usefixtures("hosted")
def test_the_listener_has_the_certificate_of_that_name() -> None:
    client = boto3.client("elbv2")
    (balancer,) = client.describe_load_balancers()["LoadBalancers"]
    listeners = client.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    (secure,) = [listener for listener in listeners if listener["Port"] == 443]
    (certificate,) = boto3.client("acm").list_certificates()["CertificateSummaryList"]
    assert [item["CertificateArn"] for item in secure["Certificates"]] == [
        certificate["CertificateArn"]
    ]
    assert certificate["DomainName"] == "llm.example.com"


def test_what_was_made_is_deleted_with_the_stage(hosted: Path) -> None:
    assembly.destroy_assembly(hosted, region=REGION)
    client = boto3.client("route53")
    (zone,) = client.list_hosted_zones()["HostedZones"]
    records = client.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    assert {record["Type"] for record in records} == {"NS", "SOA"}
    assert boto3.client("acm").list_certificates()["CertificateSummaryList"] == []
    assert boto3.client("wafv2").list_web_acls(Scope="REGIONAL")["WebACLs"] == []
