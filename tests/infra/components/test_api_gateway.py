"""API Gateway: it passes everything on, limits, and keeps nothing of what passes."""

import json
import re
from pathlib import Path

import pytest
from aws_cdk.assertions import Match

from tests.infra.assemblies import Assembly, Variant, write_variant
from tests.infra.components.ways_in import METHOD, integration

API = "AWS::ApiGateway::RestApi"
STAGE = "AWS::ApiGateway::Stage"


def url(assembly: Assembly) -> str:
    """The output `Url`, with the references in it as their names."""
    (_, parts) = assembly.templates["Inference"]["Outputs"]["Url"]["Value"]["Fn::Join"]
    return "".join(part if isinstance(part, str) else str(part["Ref"]) for part in parts)


def test_the_api_is_regional_and_speaks_tls_1_3(dev: Assembly) -> None:
    api = dev.only(API)
    assert api["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert api["SecurityPolicy"] == "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"
    assert api["EndpointAccessMode"] == "STRICT"


def test_the_url_is_the_apis_with_its_stage_and_no_slash_at_the_end(dev: Assembly) -> None:
    pattern = r"https://\w+\.execute-api\.AWS::Region\.AWS::URLSuffix/\w+"
    assert re.fullmatch(pattern, url(dev))


def test_any_method_on_any_path_is_passed_to_the_load_balancer(dev: Assembly) -> None:
    (balancer,) = dev.resources("AWS::ElasticLoadBalancingV2::LoadBalancer")
    found = integration(dev)
    assert dev.only("AWS::ApiGateway::Resource")["PathPart"] == "{proxy+}"
    assert dev.only(METHOD)["HttpMethod"] == found["IntegrationHttpMethod"] == "ANY"
    assert (found["Type"], found["ConnectionType"]) == ("HTTP_PROXY", "VPC_LINK")
    assert found["IntegrationTarget"] == {"Ref": balancer}
    address = {"Fn::GetAtt": [balancer, "DNSName"]}
    assert found["Uri"] == {"Fn::Join": ["", ["http://", address, "/{proxy}"]]}


def test_requests_are_limited_for_all_methods_together(dev: Assembly) -> None:
    (limits,) = dev.only(STAGE)["MethodSettings"]
    assert (limits["HttpMethod"], limits["ResourcePath"]) == ("*", "/*")
    assert (limits["ThrottlingRateLimit"], limits["ThrottlingBurstLimit"]) == (50, 100)


def test_what_requests_and_answers_hold_is_never_logged(dev: Assembly) -> None:
    (settings,) = dev.only(STAGE)["MethodSettings"]
    assert settings["DataTraceEnabled"] is False


def test_the_api_needs_no_key_of_its_own_until_asked(dev: Assembly, guarded_api: Assembly) -> None:
    assert [a.only(METHOD)["ApiKeyRequired"] for a in (dev, guarded_api)] == [False, True]
    assert not dev.resources("AWS::ApiGateway::UsagePlan")


def test_a_usage_plan_limits_each_key(guarded_api: Assembly) -> None:
    guarded_api.inference.has_resource_properties(
        "AWS::ApiGateway::UsagePlan",
        {"Quota": {"Limit": 10_000, "Period": "DAY"}, "ApiStages": [Match.any_value()]},
    )
    (key,) = guarded_api.resources("AWS::ApiGateway::ApiKey")
    assert guarded_api.only("AWS::ApiGateway::UsagePlanKey")["KeyId"] == {"Ref": key}
    assert guarded_api.templates["Inference"]["Outputs"]["ApiGatewayKeyId"]["Value"] == {"Ref": key}


def test_a_log_line_has_the_request_id_and_no_header(guarded_api: Assembly) -> None:
    line = json.loads(guarded_api.only(STAGE)["AccessLogSetting"]["Format"])
    assert line["requestId"] == "$context.requestId"
    assert not [value for value in line.values() if not value.startswith("$context.")]


def test_the_accounts_role_for_logs_is_left_alone(guarded_api: Assembly) -> None:
    assert not guarded_api.resources("AWS::ApiGateway::Account")


def test_a_link_made_anew_by_other_subnets_is_deployed_anew(dev: Assembly, tmp_path: Path) -> None:
    write_variant(Variant("dev", changes={"network": {"zones": 3}}), tmp_path)
    (before,) = dev.resources("AWS::ApiGateway::Deployment")
    (after,) = Assembly(tmp_path).resources("AWS::ApiGateway::Deployment")
    assert before != after


def rewritten(assembly: Assembly, path: str) -> str:
    """What the load balancer makes of a path, by the rule that drops the stage."""
    rules = assembly.resources("AWS::ElasticLoadBalancingV2::ListenerRule").values()
    (rule,) = [r["Properties"] for r in rules if "Transforms" in r["Properties"]]
    (transform,) = rule["Transforms"]
    assert transform["Type"] == "url-rewrite"
    ((rewrite),) = transform["UrlRewriteConfig"]["Rewrites"]
    return re.sub(rewrite["Regex"], rewrite["Replace"].replace("$", "\\"), path)


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/api/v1/models", "/v1/models"),
        ("/api/v1/chat/completions?x=/api/y", "/v1/chat/completions?x=/api/y"),
        ("/v1/models", "/v1/models"),
    ],
)
def test_the_service_sees_paths_without_the_apis_stage(
    dev: Assembly, path: str, service: str
) -> None:
    assert rewritten(dev, path) == service


def test_metrics_are_hidden_with_and_without_the_apis_stage(dev: Assembly) -> None:
    rules = dev.resources("AWS::ElasticLoadBalancingV2::ListenerRule").values()
    (hidden,) = [r["Properties"] for r in rules if "Transforms" not in r["Properties"]]
    (condition,) = hidden["Conditions"]
    assert condition["PathPatternConfig"]["Values"] == ["/metrics", "/api/metrics"]
    assert hidden["Priority"] < 20
