"""What the load balancer writes down: where it goes, who may write it, when it is deleted."""

from typing import Any

import pytest

from infra.sections.load_balancer import LoadBalancerSettings
from tests.infra.assemblies import Assembly

BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
BUCKET = "AWS::S3::Bucket"
POLICY = "AWS::S3::BucketPolicy"


def statement(assembly: Assembly, effect: str) -> dict[str, Any]:
    """The one statement of the bucket's policy that allows, or that denies."""
    statements = assembly.only(POLICY)["PolicyDocument"]["Statement"]
    (only,) = [found for found in statements if found["Effect"] == effect]
    return dict(only)


def attributes(assembly: Assembly) -> dict[str, Any]:
    return {
        item["Key"]: item["Value"] for item in assembly.only(BALANCER)["LoadBalancerAttributes"]
    }


def test_nothing_is_logged_until_asked(dev: Assembly) -> None:
    assert not dev.resources(BUCKET)
    assert not [key for key in attributes(dev) if "logs" in key]


@pytest.mark.parametrize("kind", ["access_logs", "connection_logs"])
def test_requests_and_connections_go_into_one_bucket(hosted_zone: Assembly, kind: str) -> None:
    (bucket,) = hosted_zone.resources(BUCKET)
    found = attributes(hosted_zone)
    assert found[f"{kind}.s3.enabled"] == "true"
    assert found[f"{kind}.s3.bucket"] == {"Ref": bucket}


def test_connections_are_not_logged_where_requests_alone_are(guarded_api: Assembly) -> None:
    found = attributes(guarded_api)
    assert found["access_logs.s3.enabled"] == "true"
    assert not [key for key in found if key.startswith("connection_logs")]


def test_there_is_a_bucket_where_connections_alone_are_logged() -> None:
    assert LoadBalancerSettings(connection_logs=True).logs


def test_the_load_balancer_waits_for_the_permission_to_write(hosted_zone: Assembly) -> None:
    (policy,) = hosted_zone.resources(POLICY)
    (balancer,) = hosted_zone.resources(BALANCER).values()
    assert policy in balancer["DependsOn"]


def test_load_balancers_of_this_account_may_write_and_do_no_more(hosted_zone: Assembly) -> None:
    allowed = statement(hosted_zone, "Allow")
    assert allowed["Principal"] == {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    assert allowed["Action"] == "s3:PutObject"
    assert allowed["Resource"]["Fn::Join"][1][1:] == ["/AWSLogs/", {"Ref": "AWS::AccountId"}, "/*"]


def test_connections_without_tls_are_refused(hosted_zone: Assembly) -> None:
    denied = statement(hosted_zone, "Deny")
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert denied["Principal"] == {"AWS": "*"}


def test_the_bucket_is_encrypted_as_load_balancers_can_write_it(hosted_zone: Assembly) -> None:
    (rule,) = hosted_zone.only(BUCKET)["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_the_bucket_can_never_be_public(hosted_zone: Assembly) -> None:
    assert set(hosted_zone.only(BUCKET)["PublicAccessBlockConfiguration"].values()) == {True}


def test_logs_are_deleted_after_the_days_of_the_settings(hosted_zone: Assembly) -> None:
    (rule,) = hosted_zone.only(BUCKET)["LifecycleConfiguration"]["Rules"]
    assert (rule["ExpirationInDays"], rule["Status"]) == (90, "Enabled")


def test_the_bucket_outlives_the_stack_even_where_no_data_does(hosted_zone: Assembly) -> None:
    (bucket,) = hosted_zone.resources(BUCKET).values()
    assert bucket["DeletionPolicy"] == "RetainExceptOnCreate"
