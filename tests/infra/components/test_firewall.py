"""The firewall: what it refuses, and that no prompt is refused for what it holds."""

from typing import Any

import pytest

from infra.components.firewall_rules import COUNTED
from tests.infra.assemblies import Assembly

# The rules of AWS's groups that can block. What a rule looks at is the end of its name.
# https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html
# https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-ip-rep.html
RULES = {
    "AWSManagedRulesCommonRuleSet": {
        "NoUserAgent_HEADER",
        "UserAgent_BadBots_HEADER",
        "SizeRestrictions_QUERYSTRING",
        "SizeRestrictions_Cookie_HEADER",
        "SizeRestrictions_BODY",
        "SizeRestrictions_URIPATH",
        "EC2MetaDataSSRF_BODY",
        "EC2MetaDataSSRF_COOKIE",
        "EC2MetaDataSSRF_URIPATH",
        "EC2MetaDataSSRF_QUERYARGUMENTS",
        "GenericLFI_QUERYARGUMENTS",
        "GenericLFI_URIPATH",
        "GenericLFI_BODY",
        "RestrictedExtensions_URIPATH",
        "RestrictedExtensions_QUERYARGUMENTS",
        "GenericRFI_QUERYARGUMENTS",
        "GenericRFI_BODY",
        "GenericRFI_URIPATH",
        "CrossSiteScripting_COOKIE",
        "CrossSiteScripting_QUERYARGUMENTS",
        "CrossSiteScripting_BODY",
        "CrossSiteScripting_URIPATH",
    },
    "AWSManagedRulesKnownBadInputsRuleSet": {
        "JavaDeserializationRCE_HEADER",
        "JavaDeserializationRCE_BODY",
        "JavaDeserializationRCE_URIPATH",
        "JavaDeserializationRCE_QUERYSTRING",
        "Host_localhost_HEADER",
        "PROPFIND_METHOD",
        "ExploitablePaths_URIPATH",
        "Log4JRCE_HEADER",
        "Log4JRCE_QUERYSTRING",
        "Log4JRCE_BODY",
        "Log4JRCE_URIPATH",
        "ReactJSRCE_BODY",
    },
    "AWSManagedRulesAmazonIpReputationList": {
        "AWSManagedIPReputationList",
        "AWSManagedReconnaissanceList",
        "AWSManagedIPDDoSList",
    },
}


def rules(assembly: Assembly) -> dict[str, dict[str, Any]]:
    """The web ACL's rules by name."""
    return {rule["Name"]: rule for rule in assembly.only("AWS::WAFv2::WebACL")["Rules"]}


def overrides(assembly: Assembly, group: str) -> dict[str, dict[str, Any]]:
    """What becomes of the rules of one of AWS's groups, where it is not what the group says."""
    statement = rules(assembly)[group]["Statement"]["ManagedRuleGroupStatement"]
    listed = statement.get("RuleActionOverrides", [])
    return {override["Name"]: override["ActionToUse"] for override in listed}


def test_there_is_no_firewall_until_asked(dev: Assembly) -> None:
    assert not dev.resources("AWS::WAFv2::WebACL")


@pytest.mark.parametrize("group", RULES)
def test_no_rule_that_looks_at_a_body_can_block(guarded_api: Assembly, group: str) -> None:
    looking = {rule for rule in RULES[group] if rule.endswith("_BODY")}
    assert overrides(guarded_api, group) == {rule: {"Count": {}} for rule in looking}


def test_the_groups_are_those_whose_rules_are_known_here(guarded_api: Assembly) -> None:
    assert COUNTED.keys() == RULES.keys()
    assert rules(guarded_api).keys() == {"Rate", *RULES}


def test_no_rule_of_our_own_looks_at_a_body(guarded_api: Assembly) -> None:
    assert "FieldToMatch" not in str(guarded_api.only("AWS::WAFv2::WebACL"))


def test_everything_else_in_the_groups_blocks(guarded_api: Assembly) -> None:
    for name, rule in rules(guarded_api).items():
        assert rule.get("OverrideAction") == (None if name == "Rate" else {"None": {}})


def test_an_address_is_refused_above_the_rate_of_the_settings(
    guarded_api: Assembly, hosted_zone: Assembly
) -> None:
    for assembly, limit in ((guarded_api, 2_000), (hosted_zone, 500)):
        rate = rules(assembly)["Rate"]
        assert rate["Action"] == {"Block": {}}
        assert rate["Statement"]["RateBasedStatement"] == {
            "AggregateKeyType": "IP",
            "EvaluationWindowSec": 300,
            "Limit": limit,
        }


def test_floods_are_refused_before_anything_else_is_looked_at(guarded_api: Assembly) -> None:
    priorities = {name: rule["Priority"] for name, rule in rules(guarded_api).items()}
    assert min(priorities, key=lambda name: priorities[name]) == "Rate"
    assert len(set(priorities.values())) == len(priorities)


def test_it_stands_before_the_api_where_there_is_one(guarded_api: Assembly) -> None:
    protected = guarded_api.only("AWS::WAFv2::WebACLAssociation")["ResourceArn"]
    (api,) = guarded_api.resources("AWS::ApiGateway::RestApi")
    assert {"Ref": api} in protected["Fn::Join"][1]


def test_it_stands_before_the_load_balancer_elsewhere(hosted_zone: Assembly) -> None:
    (balancer,) = hosted_zone.resources("AWS::ElasticLoadBalancingV2::LoadBalancer")
    protected = hosted_zone.only("AWS::WAFv2::WebACLAssociation")["ResourceArn"]
    assert protected == {"Ref": balancer}


def test_credentials_stay_out_of_its_logs_and_samples(guarded_api: Assembly) -> None:
    redacted = guarded_api.only("AWS::WAFv2::LoggingConfiguration")["RedactedFields"]
    headers = {field["SingleHeader"]["Name"] for field in redacted}
    acl = guarded_api.only("AWS::WAFv2::WebACL")
    assert headers == {"authorization", "cookie", "x-api-key"}
    for visibility in (acl, *acl["Rules"]):
        assert visibility["VisibilityConfig"]["SampledRequestsEnabled"] is False


def test_it_logs_what_it_refuses_and_nothing_else(guarded_api: Assembly) -> None:
    chosen = guarded_api.only("AWS::WAFv2::LoggingConfiguration")["LoggingFilter"]
    (kept,) = chosen["Filters"]
    assert (chosen["DefaultBehavior"], kept["Behavior"]) == ("DROP", "KEEP")
    assert kept["Conditions"] == [{"ActionCondition": {"Action": "BLOCK"}}]


def test_its_log_group_has_the_name_that_aws_waf_asks_for(guarded_api: Assembly) -> None:
    groups = guarded_api.resources("AWS::Logs::LogGroup").items()
    ((logical_id, group),) = [item for item in groups if "LogGroupName" in item[1]["Properties"]]
    (destination,) = guarded_api.only("AWS::WAFv2::LoggingConfiguration")["LogDestinationConfigs"]
    assert group["Properties"]["LogGroupName"] == "aws-waf-logs-llm-on-ecs-dev"
    assert group["Properties"]["RetentionInDays"] == 30
    assert destination["Fn::Join"][1][-1] == {"Ref": logical_id}
