"""Assemblies of stages for all tests here, and copies of them with other names in them."""

import shutil
from pathlib import Path
from typing import Any

from sandbox.certificate import ensure_certificate
from sandbox.state import REGION
from tests.infra import assemblies
from tests.infra.assemblies import CERTIFICATE, IMAGE, Variant
from tests.properties.account import rename


def synthesised(variant: str | Variant) -> Path:
    """The directory of a variant's assembly."""
    return assemblies.synthesised(variant).directory


def changed(stage: str, **sections: Any) -> Variant:
    """The stage with an image of ours, and what a person changed in these sections of its file."""
    return Variant(stage, {"image": IMAGE}, sections)


def renamed(directory: Path, into: Path, names: dict[str, str]) -> Path:
    """A copy of an assembly with other names in it."""
    shutil.copytree(directory, into, dirs_exist_ok=True)
    rename(into, names)
    return into


def with_certificate(directory: Path, into: Path) -> Path:
    """A copy of an assembly with a certificate that this account has."""
    return renamed(directory, into, {CERTIFICATE: ensure_certificate(region=REGION)})
