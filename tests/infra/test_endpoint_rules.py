"""The rules of the endpoint: what each kind rules out, and what belongs together."""

from typing import Any

import pytest
from pydantic import ValidationError

from infra.sections.section import Problem
from infra.settings import StageSettings
from infra.timeouts import MAX_GATEWAY_SILENCE_SECONDS, TimeoutBudget

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/abc"
ZONE = {
    "domain_name": "llm.example.com",
    "hosted_zone_id": "Z0123456789ABCDEFGHIJ",
    "hosted_zone_name": "example.com",
}
GATEWAY = {"kind": "api-gateway"}
SHORT = {"longest_generation_seconds": 220}


def stage(**sections: Any) -> StageSettings:
    return StageSettings.model_validate({"name": "own", **sections})


def problems(**sections: Any) -> list[Problem]:
    """The rules that these sections break."""
    with pytest.raises(ValidationError) as error:
        stage(**sections)
    (details,) = error.value.errors()
    return list(details["ctx"]["problems"])


@pytest.mark.parametrize(
    ("change", "path", "value"),
    [
        ({"public": True}, "endpoint.public", "true"),
        ({"certificate_arn": CERTIFICATE}, "endpoint.certificate_arn", f"'{CERTIFICATE}'"),
        ({"allowed_networks": ["10.0.0.0/8"]}, "endpoint.allowed_networks", "('10.0.0.0/8',)"),
        ({"domain_name": "llm.example.com"}, "endpoint.domain_name", "'llm.example.com'"),
    ],
)
def test_what_only_the_load_balancers_clients_need_is_refused_behind_api_gateway(
    change: dict[str, Any], path: str, value: str
) -> None:
    (found,) = problems(endpoint=GATEWAY | change, limits=SHORT)
    assert found.path == path
    assert found.text.startswith(f"got {value}, but API Gateway alone reaches the load balancer")
    assert found.text.endswith("remove it, or set endpoint.kind to 'load-balancer'")


def test_an_api_gateway_without_keys_is_refused() -> None:
    (found,) = problems(endpoint=GATEWAY | {"rest_auth": "off"}, limits=SHORT)
    assert found.path == "endpoint.rest_auth"
    assert "API Gateway is on the internet and needs" in found.text


def test_grpc_may_be_open_behind_api_gateway_which_does_not_pass_it() -> None:
    assert stage(endpoint=GATEWAY | {"grpc_auth": "off"}, limits=SHORT)


def test_a_generation_longer_than_api_gateway_waits_is_refused_with_the_longest() -> None:
    (found,) = problems(endpoint=GATEWAY, limits={"longest_generation_seconds": 225})
    assert found.path == "limits.longest_generation_seconds"
    assert "choose at most 224" in found.text
    assert stage(endpoint=GATEWAY, limits={"longest_generation_seconds": 224})


def test_the_longest_generation_behind_api_gateway_fills_its_patience() -> None:
    assert TimeoutBudget(224).gateway_timeout_seconds == MAX_GATEWAY_SILENCE_SECONDS


def test_the_load_balancer_alone_waits_longer() -> None:
    assert stage(limits={"longest_generation_seconds": 3530})


@pytest.mark.parametrize("missing", ZONE)
def test_half_a_hosted_zone_is_refused(missing: str) -> None:
    (found,) = problems(endpoint={key: ZONE[key] for key in ZONE if key != missing})
    assert found.path == f"endpoint.{missing}"
    assert found.text.endswith("add it, or remove the others")


def test_a_name_outside_its_hosted_zone_is_refused() -> None:
    (found,) = problems(endpoint=ZONE | {"domain_name": "llm.myexample.com"})
    assert found == Problem(
        "endpoint.domain_name",
        "got 'llm.myexample.com', which is not in the hosted zone 'example.com'; "
        "choose a name that ends with it",
    )


@pytest.mark.parametrize("name", ["example.com", "llm.eu.example.com"])
def test_the_zones_own_name_and_any_below_it_are_accepted(name: str) -> None:
    assert stage(endpoint=ZONE | {"domain_name": name}).endpoint.secure


def test_a_public_endpoint_may_have_its_certificate_made() -> None:
    public = {"public": True, "allowed_networks": ["0.0.0.0/0"]}
    assert stage(endpoint=public | ZONE).endpoint.secure


@pytest.mark.parametrize("requests", [9, 2_000_000_001])
def test_a_rate_that_aws_waf_does_not_take_is_refused(requests: int) -> None:
    with pytest.raises(ValidationError, match="requests_per_5_minutes"):
        stage(firewall={"requests_per_5_minutes": requests})


def test_everything_of_this_kind_is_off_by_itself() -> None:
    settings = stage()
    assert settings.endpoint.kind == "load-balancer"
    assert not settings.endpoint.access_logs
    assert not settings.firewall.enabled
    assert not settings.api_gateway.require_api_key
    assert not settings.api_gateway.access_log
