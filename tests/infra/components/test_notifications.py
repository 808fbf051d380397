"""Those who are named hear of it, and nobody else may write to them."""

from typing import Any

from tests.infra.assemblies import Assembly


def statements(assembly: Assembly) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = assembly.only("AWS::SNS::TopicPolicy")["PolicyDocument"][
        "Statement"
    ]
    return found


def test_every_address_is_subscribed_by_its_protocol(watched: Assembly) -> None:
    subscribed = {
        (body["Properties"]["Protocol"], body["Properties"]["Endpoint"])
        for body in watched.resources("AWS::SNS::Subscription").values()
    }
    assert subscribed == {("email", "ann@example.org"), ("https", "https://example.org/alarms")}


def test_only_alarms_and_budgets_of_this_account_may_publish(watched: Assembly) -> None:
    (allowed,) = (one for one in statements(watched) if one["Effect"] == "Allow")
    assert allowed["Action"] == "sns:Publish"
    assert set(allowed["Principal"]["Service"]) == {
        "cloudwatch.amazonaws.com",
        "budgets.amazonaws.com",
    }
    assert allowed["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    }


def test_nothing_is_published_without_tls(watched: Assembly) -> None:
    (denied,) = (one for one in statements(watched) if one["Effect"] == "Deny")
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert denied["Principal"] == "*"


def test_topic_has_no_key_that_cloudwatch_may_not_use(watched: Assembly) -> None:
    assert "KmsMasterKeyId" not in watched.only("AWS::SNS::Topic")
