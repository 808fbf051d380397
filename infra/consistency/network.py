"""The rules between the network and what lies in it."""

from collections.abc import Iterator

from infra.reach import host_of, is_private, reaches_internet, registry_of
from infra.sections.auth import AuthSettings
from infra.sections.endpoint import EndpointSettings
from infra.sections.existing_vpc import ExistingVpcSettings
from infra.sections.jwt import JwtSettings
from infra.sections.monitoring import MonitoringSettings
from infra.sections.network import NetworkSettings
from infra.sections.section import Problem
from infra.sections.task import TaskSettings


def one_vpc(network: NetworkSettings, existing_vpc: ExistingVpcSettings) -> Iterator[Problem]:
    """Nothing is said of a VPC that is not made."""
    if existing_vpc.id is None:
        return
    for key, value in network.changed("cidr", "zones", "nat_gateways", "flow_logs"):
        yield Problem(
            f"network.{key}",
            f"got {value}, but existing_vpc.id is '{existing_vpc.id}' and no VPC is made; "
            "remove it, or existing_vpc.id",
        )


def room_for_the_load_balancer(
    existing_vpc: ExistingVpcSettings, endpoint: EndpointSettings
) -> Iterator[Problem]:
    """An existing VPC's part in who may connect."""
    if existing_vpc.id is None:
        return
    if endpoint.public and not existing_vpc.public_subnet_ids:
        yield Problem(
            "existing_vpc.public_subnet_ids",
            "got none, but endpoint.public is true; list the VPC's public subnets, or set "
            "endpoint.public to false",
        )
    open_to_the_vpc = not endpoint.behind_api_gateway and not endpoint.allowed_networks
    if open_to_the_vpc and existing_vpc.cidr is None:
        yield Problem(
            "existing_vpc.cidr",
            "got none, but endpoint.allowed_networks is empty, which means the VPC's own network; "
            "write that down here, or list who may connect there",
        )


def ways_out(
    network: NetworkSettings,
    existing_vpc: ExistingVpcSettings,
    *,
    task: TaskSettings,
    auth: AuthSettings,
    jwt: JwtSettings,
    monitoring: MonitoringSettings,
) -> Iterator[Problem]:
    """What is on the internet is asked for only where tasks have a way there."""
    if reaches_internet(network, existing_vpc):
        return
    asked: dict[str, tuple[str | None, str]] = {
        "task.image": (task.image, registry_of(task.image or "")),
        "jwt.jwks_url": (
            jwt.jwks_url if auth.asks_for_tokens else None,
            host_of(jwt.jwks_url or ""),
        ),
        "monitoring.traces_endpoint": (
            monitoring.traces_endpoint,
            host_of(monitoring.traces_endpoint or ""),
        ),
    }
    nearer = (
        "network.nat_gateways to 1"
        if existing_vpc.id is None
        else "existing_vpc.egress to 'internet'"
    )
    for path, (value, host) in asked.items():
        if value is not None and not is_private(host, network.private_hosts):
            yield Problem(
                path,
                f"got '{value}', but tasks have no way to the internet; set {nearer}, choose one "
                f"inside, or list '{host}' in network.private_hosts if it is",
            )
