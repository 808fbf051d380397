"""What a stage's tasks connect to besides each other: AWS's services, and hosts by their names."""

import ipaddress
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from infra.sections.auth import AuthSettings
from infra.sections.existing_vpc import ExistingVpcSettings
from infra.sections.network import NetworkSettings

# Of Fargate's tasks. The agent that starts them is not in the VPC, and encryption with keys of KMS
# is the other services' work.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html
ECR: Final = ("ecr.api", "ecr.dkr")
LOGS: Final = "logs"
SECRETS: Final = "secretsmanager"

# Set apart for private use: https://www.icann.org/en/board-activities-and-meetings/materials/approved-resolutions-special-meeting-of-the-icann-board-29-07-2024-en
PRIVATE_SUFFIX: Final = ".internal"
# Where an image's name has no registry in it.
DEFAULT_REGISTRY: Final = "docker.io"


def reaches_internet(network: NetworkSettings, existing_vpc: ExistingVpcSettings) -> bool:
    """Whether tasks have a way out."""
    if existing_vpc.id is not None:
        return existing_vpc.egress == "internet"
    return network.nat_gateways > 0


def needed_endpoints(auth: AuthSettings) -> Iterator[str]:
    """The services that tasks call by an interface endpoint, where they have no way out.

    Image layers and models come from S3, which has a gateway endpoint.
    """
    yield from ECR
    yield LOGS
    if auth.asks_for_keys:
        yield SECRETS


def host_of(url: str) -> str:
    """The host in a URL, in small letters."""
    return urlsplit(url).hostname or ""


def registry_of(image: str) -> str:
    """The host that an image is pulled from."""
    first, slash, _ = image.partition("/")
    named = slash and ("." in first or ":" in first or first == "localhost")
    return first.partition(":")[0] if named else DEFAULT_REGISTRY


def is_private(host: str, private_hosts: tuple[str, ...]) -> bool:
    """Whether a host is reached without the internet, as far as its name tells."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host.endswith(PRIVATE_SUFFIX) or host in private_hosts
