"""Where the endpoint is: what a public one has to have, and what API Gateway rules out."""

from typing import Any

import pytest

from infra.timeouts import MAX_GATEWAY_SILENCE_SECONDS, TimeoutBudget
from tests.infra.stages import CERTIFICATE, GATEWAY, PUBLIC, SHORT, ZONE, problem, stage


def test_a_public_endpoint_with_certificate_networks_and_keys_is_accepted() -> None:
    assert stage(endpoint=PUBLIC).endpoint.public


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"endpoint": PUBLIC | {"certificate_arn": None}}, "endpoint.certificate_arn"),
        ({"endpoint": PUBLIC | {"allowed_networks": []}}, "endpoint.allowed_networks"),
        ({"auth": {"rest": "off"}}, "auth.rest"),
        ({"auth": {"grpc": "off"}}, "auth.grpc"),
    ],
)
def test_a_public_endpoint_without_one_of_its_protections_is_refused(
    change: dict[str, Any], path: str
) -> None:
    found = problem(**{"endpoint": PUBLIC} | change)
    assert found.path == path
    assert "a public endpoint" in found.text


def test_a_public_endpoint_without_grpc_needs_to_know_no_grpc_callers() -> None:
    settings = stage(endpoint=PUBLIC | {"grpc": False}, auth={"grpc": "off"})
    assert settings.secure
    assert not settings.serves_grpc


def test_a_public_endpoint_may_have_its_certificate_made() -> None:
    assert stage(endpoint=PUBLIC | {"certificate_arn": None}, domain=ZONE).secure


def test_an_internal_endpoint_may_go_without_certificate_and_keys() -> None:
    assert not stage(auth={"rest": "off", "grpc": "off"}).secure


@pytest.mark.parametrize(
    ("change", "path", "value"),
    [
        ({"public": True}, "endpoint.public", "true"),
        ({"certificate_arn": CERTIFICATE}, "endpoint.certificate_arn", f"'{CERTIFICATE}'"),
        ({"allowed_networks": ["10.0.0.0/8"]}, "endpoint.allowed_networks", "['10.0.0.0/8']"),
    ],
)
def test_what_only_the_load_balancers_clients_need_is_refused_behind_api_gateway(
    change: dict[str, Any], path: str, value: str
) -> None:
    found = problem(endpoint=GATEWAY | change, limits=SHORT)
    assert found.path == path
    assert found.text.startswith(f"got {value}, but API Gateway alone reaches the load balancer")
    assert found.text.endswith("remove it, or set endpoint.kind to 'load-balancer'")


def test_a_name_in_a_hosted_zone_is_refused_behind_api_gateway_which_has_one() -> None:
    found = problem(endpoint=GATEWAY, domain=ZONE, limits=SHORT)
    assert found.path == "domain.name"
    assert "an API Gateway has a name" in found.text


def test_an_api_gateway_without_keys_is_refused() -> None:
    found = problem(endpoint=GATEWAY, auth={"rest": "off"}, limits=SHORT)
    assert found.path == "auth.rest"
    assert "API Gateway is on the internet and needs" in found.text


def test_grpc_may_be_open_behind_api_gateway_which_does_not_pass_it() -> None:
    assert stage(endpoint=GATEWAY, auth={"grpc": "off"}, limits=SHORT)


def test_a_generation_longer_than_api_gateway_waits_is_refused_with_the_longest() -> None:
    found = problem(endpoint=GATEWAY, limits={"longest_generation_seconds": 225})
    assert found.path == "limits.longest_generation_seconds"
    assert "choose at most 224" in found.text
    assert stage(endpoint=GATEWAY, limits={"longest_generation_seconds": 224})


def test_the_longest_generation_behind_api_gateway_fills_its_patience() -> None:
    assert TimeoutBudget(224).gateway_timeout_seconds == MAX_GATEWAY_SILENCE_SECONDS


def test_the_load_balancer_alone_waits_longer() -> None:
    assert stage(limits={"longest_generation_seconds": 3530})


def test_everything_of_this_kind_is_off_by_itself() -> None:
    settings = stage()
    assert settings.endpoint.kind == "load-balancer"
    assert not settings.load_balancer.access_logs
    assert not settings.firewall.enabled
    assert not settings.api_gateway.require_api_key
    assert not settings.api_gateway.access_log
