"""Ids of a VPC that belong together, and what cannot be asked for in it."""

from typing import Any

import pytest

from tests.infra.stages import GATEWAY, PUBLIC, SHORT, problem, problems, stage

VPC: dict[str, Any] = {
    "id": "vpc-0123456789abcdef0",
    "private_subnet_ids": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    "cidr": "10.2.0.0/16",
}
OTHERS = ["subnet-0123456789abcdef2", "subnet-0123456789abcdef3"]


def test_a_vpc_with_two_private_subnets_is_enough_for_an_internal_endpoint() -> None:
    assert stage(existing_vpc=VPC).allowed_networks == ("10.2.0.0/16",)


def test_its_network_need_not_be_known_where_others_may_connect() -> None:
    known = {key: value for key, value in VPC.items() if key != "cidr"}
    assert stage(existing_vpc=known, endpoint={"allowed_networks": ["10.0.0.0/8"]})
    assert stage(existing_vpc=known, endpoint=GATEWAY, limits=SHORT)
    assert problem(existing_vpc=known).path == "existing_vpc.cidr"


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("private_subnet_ids", OTHERS, f"{OTHERS}"),
        ("public_subnet_ids", OTHERS, f"{OTHERS}"),
        ("cidr", "10.0.0.0/16", "'10.0.0.0/16'"),
        ("egress", "endpoints-there", "'endpoints-there'"),
        ("route_table_ids", ["rtb-0123456789abcdef0"], "['rtb-0123456789abcdef0']"),
        ("flow_logs", True, "true"),
    ],
)
def test_something_of_a_vpc_that_is_not_named_is_refused(
    key: str, value: object, shown: str
) -> None:
    found = problem(existing_vpc={key: value})
    assert found.path == f"existing_vpc.{key}"
    assert found.text.startswith(f"got {shown}, but existing_vpc.id is not set; ")


@pytest.mark.parametrize(
    ("key", "value"),
    [("cidr", "10.3.0.0/16"), ("zones", 3), ("nat_gateways", 2), ("flow_logs", False)],
)
def test_something_of_a_vpc_that_is_not_made_is_refused(key: str, value: object) -> None:
    found = problem(existing_vpc=VPC, network={key: value})
    assert found.path == f"network.{key}"
    assert f"existing_vpc.id is '{VPC['id']}' and no VPC is made" in found.text


@pytest.mark.parametrize("key", ["private_subnet_ids", "public_subnet_ids"])
@pytest.mark.parametrize("count", [1, 17])
def test_too_few_or_too_many_subnets_are_refused(key: str, count: int) -> None:
    ids = [f"subnet-{number:017x}" for number in range(count)]
    found = problem(existing_vpc=VPC | {key: ids})
    assert (found.path, found.text.split(";")[0]) == (f"existing_vpc.{key}", f"got {count}")


def test_a_subnet_that_is_named_twice_is_refused() -> None:
    found = problem(
        existing_vpc=VPC | {"public_subnet_ids": [OTHERS[0], VPC["private_subnet_ids"][0]]}
    )
    assert found.text.startswith("got 'subnet-0123456789abcdef0' twice")


def test_a_public_endpoint_needs_public_subnets() -> None:
    assert stage(existing_vpc=VPC | {"public_subnet_ids": OTHERS}, endpoint=PUBLIC)
    found = problem(existing_vpc=VPC, endpoint=PUBLIC)
    assert found.path == "existing_vpc.public_subnet_ids"


@pytest.mark.parametrize("egress", ["internet", "endpoints-there"])
def test_route_tables_are_refused_where_no_endpoint_is_made(egress: str) -> None:
    tables = {"route_table_ids": ["rtb-0123456789abcdef0"]}
    assert stage(existing_vpc=VPC | tables | {"egress": "endpoints-made"})
    found = problem(existing_vpc=VPC | tables | {"egress": egress})
    assert found.path == "existing_vpc.route_table_ids"


@pytest.mark.parametrize("egress", [{"egress": "endpoints-there"}, {"egress": "endpoints-made"}])
def test_without_a_way_out_an_image_from_the_internet_is_refused(egress: dict[str, str]) -> None:
    found = problem(existing_vpc=VPC | egress, task={"image": "ghcr.io/example/llm:1"})
    assert found.path == "task.image"
    assert "set existing_vpc.egress to 'internet'" in found.text


def test_with_a_way_out_everything_may_be_asked_for() -> None:
    settings = stage(existing_vpc=VPC, task={"image": "ghcr.io/example/llm:1"})
    assert settings.reaches_internet


def test_all_that_is_wrong_is_told() -> None:
    found = problems(existing_vpc={"id": VPC["id"]}, network={"zones": 3})
    assert [item.path for item in found] == [
        "existing_vpc.private_subnet_ids",
        "network.zones",
        "existing_vpc.cidr",
    ]
