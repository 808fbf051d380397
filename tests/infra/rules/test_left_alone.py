"""What looks like a mistake and is none, and what looks like none and is one."""

from pathlib import Path
from typing import Any

import pytest

from tests.infra.rules.pack_fixtures import rules, template_of

NAMES = ["own", "/app/db/password"]
ROUTE = {"RouteTableId": {"Ref": "SubnetTable"}, "DestinationCidrBlock": "10.0.0.0/8"}


@pytest.mark.parametrize(
    "route",
    [
        ROUTE | {"TransitGatewayId": "tgw-11111111"},
        ROUTE | {"VpcPeeringConnectionId": "pcx-11111111"},
        {
            "RouteTableId": {"Ref": "SubnetTable"},
            "DestinationPrefixListId": "pl-11111111",
            "TransitGatewayId": "tgw-11111111",
        },
    ],
    ids=["a transit gateway", "a peering", "a prefix list"],
)
@pytest.mark.parametrize("rule", ["E9551", "E9555", "E9556"])
def test_endpoints_may_lie_where_a_route_leads(
    tmp_path: Path, rule: str, route: dict[str, Any]
) -> None:
    template = template_of(rule, "bad")
    assert rules(tmp_path, template) == [rule]
    template["Resources"]["Route"] = {"Type": "AWS::EC2::Route", "Properties": route}
    assert rules(tmp_path, template) == []


def test_a_hosted_zone_may_give_an_endpoint_its_name(tmp_path: Path) -> None:
    template = template_of("E9556", "bad")
    zone = {"Name": "ecr.us-east-1.amazonaws.com", "VPCs": [{"VPCId": {"Ref": "Vpc"}}]}
    template["Resources"]["Zone"] = {"Type": "AWS::Route53::HostedZone", "Properties": zone}
    assert rules(tmp_path, template) == []


def test_a_network_load_balancer_may_encrypt_its_logs_with_a_key(tmp_path: Path) -> None:
    template = template_of("E9571", "bad")
    template["Resources"]["LoadBalancer"]["Properties"]["Type"] = "network"
    assert rules(tmp_path, template) == []


def test_a_log_bucket_whose_policy_only_denies_takes_no_log(tmp_path: Path) -> None:
    template = template_of("E9571", "good")
    policy = template["Resources"]["BucketPolicy"]["Properties"]["PolicyDocument"]
    policy["Statement"][0]["Effect"] = "Deny"
    assert rules(tmp_path, template) == ["E9571"]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("OLLAMA_KEEP_ALIVE", []),
        ("REDIS_KEEPALIVE", []),
        ("REDIS_KEEPALIVE_TIMEOUT", []),
        ("KEEPALIVE_TIMEOUT", ["W9573"]),
        ("UVICORN_TIMEOUT_KEEP_ALIVE", ["W9573"]),
    ],
)
def test_only_a_servers_keep_alive_is_compared(tmp_path: Path, name: str, found: list[str]) -> None:
    template = template_of("W9573", "bad")
    (container,) = template["Resources"]["Task"]["Properties"]["ContainerDefinitions"]
    del container["Command"]
    container["Environment"] = [{"Name": name, "Value": "5"}]
    assert rules(tmp_path, template) == found


def test_an_attribute_that_is_like_none_may_be_a_new_one(tmp_path: Path) -> None:
    template = template_of("E9572", "bad")
    (attribute,) = template["Resources"]["Targets"]["Properties"]["TargetGroupAttributes"]
    attribute["Key"] = "quantum.entanglement"
    assert rules(tmp_path, template) == []


def test_an_alarm_on_an_anomaly_band_returns_two(tmp_path: Path) -> None:
    template = template_of("E9599", "bad")
    template["Resources"]["Alarm"]["Properties"]["ThresholdMetricId"] = "percent"
    assert rules(tmp_path, template) == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["Secrets", "LogConfiguration", "RepositoryCredentials"])
def test_a_secret_that_is_named_alone_is_a_parameter_or_a_registry_s(
    tmp_path: Path, kind: str, name: str
) -> None:
    named = [{"Name": "API_KEY", "ValueFrom": name}]
    template = template_of("E9515", "good")
    (container,) = template["Resources"]["Task"]["Properties"]["ContainerDefinitions"]
    del container["Secrets"]
    container[kind] = {
        "Secrets": named,
        "LogConfiguration": {"LogDriver": "splunk", "SecretOptions": named},
        "RepositoryCredentials": {"CredentialsParameter": name},
    }[kind]
    # The role may read from Secrets Manager alone.
    assert rules(tmp_path, template) == ([] if kind == "RepositoryCredentials" else ["E9515"])


@pytest.mark.parametrize("name", NAMES)
def test_a_parameter_that_is_named_alone_is_called_for_by_an_endpoint(
    tmp_path: Path, name: str
) -> None:
    template = template_of("E9551", "good")
    (container,) = template["Resources"]["Task"]["Properties"]["ContainerDefinitions"]
    container["Secrets"] = [{"Name": "API_KEY", "ValueFrom": name}]
    assert "E9551" in rules(tmp_path, template)


@pytest.mark.parametrize("rule", ["E9515", "E9551"])
def test_a_default_that_is_no_arn_may_stand_for_any_secret(tmp_path: Path, rule: str) -> None:
    template = template_of(rule, "good")
    (container,) = template["Resources"]["Task"]["Properties"]["ContainerDefinitions"]
    container["Secrets"] = [{"Name": "API_KEY", "ValueFrom": {"Ref": "Given"}}]
    template["Parameters"] = {"Given": {"Type": "String", "Default": "placeholder"}}
    assert rules(tmp_path, template) == []


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}, {"Ref": "Given"}], ids=str)
def test_a_trust_that_is_open_or_unknown_may_hold_ecs(tmp_path: Path, principal: Any) -> None:
    template = template_of("E9521", "bad")
    trust = template["Resources"]["Role"]["Properties"]["AssumeRolePolicyDocument"]
    trust["Statement"][0]["Principal"] = principal
    assert rules(tmp_path, template) == []
