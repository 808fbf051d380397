"""Stages as the CDK writes them."""

import pytest

from operations.stage import SynthesisedStage, read_assembly
from tests.infra.assemblies import VARIANTS, synthesised


def read(variant: str) -> SynthesisedStage:
    settings = VARIANTS[variant].settings()
    return read_assembly(synthesised(variant).directory, settings=settings)


@pytest.fixture(scope="session")
def dev() -> SynthesisedStage:
    """Stage dev, which builds its image and keeps its data."""
    return read("dev")


@pytest.fixture(scope="session")
def prod() -> SynthesisedStage:
    """Stage prod, public over HTTPS in three zones."""
    return read("prod")


@pytest.fixture(scope="session")
def local() -> SynthesisedStage:
    """Stage local, which pulls its image and keeps nothing."""
    return read("local")
