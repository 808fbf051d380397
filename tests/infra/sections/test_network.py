"""The VPC's size, its zones and its NAT gateways."""

from typing import Any

import pytest

from tests.infra.stages import problem, stage


@pytest.mark.parametrize("cidr", ["10.0.0.0/15", "10.0.0.0/25"])
def test_a_network_too_large_or_too_small_for_a_vpc_is_refused(cidr: str) -> None:
    assert problem(network={"cidr": cidr}).path == "network.cidr"


@pytest.mark.parametrize(
    "cidr", ["0.0.0.0/16", "127.0.0.0/16", "169.254.0.0/16", "224.1.0.0/16", "255.0.0.0/24"]
)
def test_a_network_whose_addresses_mean_something_else_is_refused(cidr: str) -> None:
    found = problem(network={"cidr": cidr})
    assert found.path == "network.cidr"
    assert found.text.startswith(f"got '{cidr}', but no VPC has a network of ")


@pytest.mark.parametrize(
    "cidr",
    # The largest and the smallest; private, shared and routable addresses.
    [
        *("10.0.0.0/16", "10.0.0.0/24"),
        *("100.64.0.0/16", "172.31.0.0/16", "192.168.0.0/20", "8.8.0.0/16"),
    ],
)
def test_a_network_that_a_vpc_may_have_is_accepted(cidr: str) -> None:
    assert stage(network={"cidr": cidr}).network.cidr == cidr


def test_more_nat_gateways_than_zones_are_refused() -> None:
    assert stage(network={"zones": 3, "nat_gateways": 3})
    found = problem(network={"zones": 2, "nat_gateways": 3})
    assert found.path == "network.nat_gateways"


TOKENS: dict[str, Any] = {
    "auth": {"rest": "jwt"},
    "jwt": {"issuer": "i", "audience": "a", "jwks_url": "https://id.example.com/keys"},
}


@pytest.mark.parametrize(
    ("path", "sections"),
    [
        ("task.image", {"task": {"image": "ghcr.io/example/llm:1"}}),
        ("jwt.jwks_url", TOKENS),
        (
            "monitoring.traces_endpoint",
            {"monitoring": {"traces_endpoint": "https://traces.example.com/v1/traces"}},
        ),
    ],
)
def test_what_is_on_the_internet_is_refused_where_tasks_have_no_way_there(
    path: str, sections: dict[str, Any]
) -> None:
    assert stage(network={"nat_gateways": 1}, **sections)
    found = problem(network={"nat_gateways": 0}, **sections)
    assert found.path == path
    assert "but tasks have no way to the internet; set network.nat_gateways to 1" in found.text


def test_what_is_private_may_be_asked_for_without_nat() -> None:
    network = {"nat_gateways": 0, "private_hosts": ["id.example.com"]}
    monitoring = {"traces_endpoint": "http://10.0.1.7:4318/v1/traces"}
    assert not stage(network=network, monitoring=monitoring, **TOKENS).reaches_internet


def test_an_issuer_that_nobody_asks_may_be_anywhere() -> None:
    assert stage(network={"nat_gateways": 0}, jwt=TOKENS["jwt"])


def test_services_are_reached_by_endpoints_of_their_own_without_nat() -> None:
    assert stage(network={"nat_gateways": 0}).needed_endpoints == (
        *("ecr.api", "ecr.dkr"),
        *("logs", "secretsmanager"),
    )
