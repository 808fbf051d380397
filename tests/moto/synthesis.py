"""Assemblies of stages for all tests here: each variant is synthesised once."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.certificate import ensure_certificate
from sandbox.state import REGION
from tests.infra.assemblies import CERTIFICATE, IMAGE, VARIANTS, Variant, write_variant
from tests.properties.account import rename

_made: dict[str, Path] = {}


def synthesised(variant: str | Variant) -> Path:
    """The directory of the assembly of a variant, or of the one with this name in `VARIANTS`."""
    wanted = VARIANTS[variant] if isinstance(variant, str) else variant
    key = repr(wanted)
    if key not in _made:
        directory = Path(tempfile.mkdtemp(prefix=f"{wanted.stage}-", dir=_folder()))
        write_variant(wanted, directory)
        _made[key] = directory
    return _made[key]


@cache
def _folder() -> Path:
    """Until the session's end."""
    folder = Path(tempfile.mkdtemp(prefix="assemblies-"))
    atexit.register(shutil.rmtree, folder)
    return folder


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
