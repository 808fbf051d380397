"""A move makes anew what AWS cannot move, keeps what holds data, and lets clients go over last."""

from typing import Final

import pytest

from tests.infra.assemblies import Assembly

PLACED: Final = (
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::ECS::Service",
)


def ids(assembly: Assembly, *types: str) -> set[str]:
    return {name for kind in types for name in assembly.resources(kind)}


@pytest.mark.parametrize("other", ["existing_vpc", "prod"])
def test_in_another_vpc_or_on_the_internet_all_that_cannot_move_is_made_anew(
    request: pytest.FixtureRequest, dev: Assembly, other: str
) -> None:
    there: Assembly = request.getfixturevalue(other)
    for kind in PLACED:
        assert ids(there, kind)
        assert not ids(dev, kind) & ids(there, kind)


def test_two_existing_vpcs_are_two_places(
    existing_vpc: Assembly, existing_vpc_closed: Assembly
) -> None:
    assert not ids(existing_vpc, *PLACED) & ids(existing_vpc_closed, *PLACED)


def test_nothing_that_holds_data_is_made_anew(dev: Assembly, existing_vpc: Assembly) -> None:
    kinds = ("AWS::SecretsManager::Secret", "AWS::Logs::LogGroup", "AWS::S3::Bucket")
    assert ids(dev, *kinds) == ids(existing_vpc, *kinds)


def test_without_nat_the_place_is_the_same(dev: Assembly, no_nat: Assembly) -> None:
    assert ids(dev, *PLACED) == ids(no_nat, *PLACED)


@pytest.mark.parametrize(
    ("stage", "kind"),
    [("hosted_zone", "AWS::Route53::RecordSet"), ("dev", "AWS::ApiGateway::Stage")],
)
def test_name_and_api_lead_to_a_service_that_serves(
    request: pytest.FixtureRequest, stage: str, kind: str
) -> None:
    assembly: Assembly = request.getfixturevalue(stage)
    (service,) = ids(assembly, "AWS::ECS::Service")
    (way,) = assembly.resources(kind).values()
    assert service in way["DependsOn"]


def test_the_api_is_deployed_anew_where_it_leads_to_another_load_balancer(
    dev: Assembly, existing_vpc: Assembly
) -> None:
    deployments = [ids(each, "AWS::ApiGateway::Deployment") for each in (dev, existing_vpc)]
    assert deployments[0] != deployments[1]
