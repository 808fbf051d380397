"""Each variant of a stage is synthesised once in a session, when a test first asks for it."""

from collections.abc import Callable

import pytest

from tests.infra import assemblies
from tests.infra.assemblies import Assembly


@pytest.fixture(scope="session")
def synthesised() -> Callable[[str], Assembly]:
    """The assembly of a variant of `VARIANTS`."""
    return assemblies.synthesised


@pytest.fixture
def local(synthesised: Callable[[str], Assembly]) -> Assembly:
    """Stage local as it is without a certificate."""
    return synthesised("local")


@pytest.fixture
def https(synthesised: Callable[[str], Assembly]) -> Assembly:
    """Stage local as the sandbox deploys it, with a certificate."""
    return synthesised("local-https")


@pytest.fixture
def dev(synthesised: Callable[[str], Assembly]) -> Assembly:
    """Stage dev, which builds its image."""
    return synthesised("dev")


@pytest.fixture
def prod(synthesised: Callable[[str], Assembly]) -> Assembly:
    """Stage prod, public over HTTPS."""
    return synthesised("prod")


@pytest.fixture
def dev_base(synthesised: Callable[[str], Assembly]) -> Assembly:
    """Stage dev, built on another base image."""
    return synthesised("dev-base")


@pytest.fixture
def dev_function(synthesised: Callable[[str], Assembly]) -> Assembly:
    """Stage dev with the service as a function as well."""
    return synthesised("dev-function")


@pytest.fixture
def delivery(synthesised: Callable[[str], Assembly]) -> Assembly:
    """Stage dev, which a repository's pipeline may deploy."""
    return synthesised("delivery")


@pytest.fixture
def guarded_api(synthesised: Callable[[str], Assembly]) -> Assembly:
    """Stage dev with a firewall, logs and a usage plan."""
    return synthesised("guarded-api")


@pytest.fixture
def hosted_zone(synthesised: Callable[[str], Assembly]) -> Assembly:
    """Stage local with a name, a firewall and access logs."""
    return synthesised("hosted-zone")


@pytest.fixture
def own_model(synthesised: Callable[[str], Assembly]) -> Assembly:
    """Stage dev with a model of its own in the model bucket."""
    return synthesised("own-model")


@pytest.fixture
def thrifty(synthesised: Callable[[str], Assembly]) -> Assembly:
    """Stage dev on Graviton, with tasks on Spot, larger disks and a function."""
    return synthesised("thrifty")


@pytest.fixture
def no_nat(synthesised: Callable[[str], Assembly]) -> Assembly:
    """Stage dev without a way to the internet."""
    return synthesised("no-nat")


@pytest.fixture
def existing_vpc(synthesised: Callable[[str], Assembly]) -> Assembly:
    """Stage dev in a VPC that is there already."""
    return synthesised("existing-vpc")


@pytest.fixture
def existing_vpc_closed(synthesised: Callable[[str], Assembly]) -> Assembly:
    """Stage prod in a VPC that is there already, to which endpoints and flow logs are added."""
    return synthesised("existing-vpc-closed")


@pytest.fixture
def watched(synthesised: Callable[[str], Assembly]) -> Assembly:
    """Stage local with alarms, a dashboard and a budget."""
    return synthesised("watched")


@pytest.fixture
def governed(synthesised: Callable[[str], Assembly]) -> Assembly:
    """Stage dev with what a company asks of every stage, and scaled by all that there is."""
    return synthesised("governed")
