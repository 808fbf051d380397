"""Each variant of a stage is synthesised once in a session, when a test first asks for it."""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.infra.session_folder import session_folder

if TYPE_CHECKING:
    from tests.infra.assemblies import Assembly

# By whole files the tests go to the processes that share them, so the longest must not come last.
LONGEST: Final = (
    *("test_app.py", "test_upgrades.py", "rules/test_pack.py", "test_lint.py", "test_nag.py"),
    *("rules/test_commands.py", "rules/test_cdk_validation.py"),
)


def pytest_configure() -> None:
    """Before other processes are started, which are to know of the folder."""
    session_folder()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first."""
    places = {Path(__file__).parent / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """Collects no garbage while templates are made and read, which took a tenth of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


@pytest.fixture(scope="session")
def synthesised() -> Callable[[str], Assembly]:
    """The assembly of a variant of `VARIANTS`."""
    # Not above: a process that only hands out tests would import the CDK, and start its Node.
    from tests.infra import assemblies

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
