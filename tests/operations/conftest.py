"""Stages as the CDK writes them, each synthesised once in a session."""

from pathlib import Path

import pytest

from operations.stage import SynthesisedStage, read_assembly
from tests.infra.assemblies import VARIANTS, synthesise_variant


def synthesised(variant: str, folder: Path) -> SynthesisedStage:
    assembly = synthesise_variant(variant, folder)
    return read_assembly(assembly.directory, settings=VARIANTS[variant].settings())


@pytest.fixture(scope="session")
def dev(tmp_path_factory: pytest.TempPathFactory) -> SynthesisedStage:
    """Stage dev, which builds its image and keeps its data."""
    return synthesised("dev", tmp_path_factory.mktemp("dev"))


@pytest.fixture(scope="session")
def prod(tmp_path_factory: pytest.TempPathFactory) -> SynthesisedStage:
    """Stage prod, public over HTTPS in three zones."""
    return synthesised("prod", tmp_path_factory.mktemp("prod"))


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> SynthesisedStage:
    """Stage local, which pulls its image and keeps nothing."""
    return synthesised("local", tmp_path_factory.mktemp("local"))
