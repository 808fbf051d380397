"""A stage file as a person writes it, and what loading it comes to."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Final

import tomlkit

from infra.settings import StageSettings
from infra.stage_files import SettingsError, load_stage

Values = dict[str, Any]
_FOLDER: Final = tempfile.TemporaryDirectory(prefix="stages-")


def load(values: Values, *, name: str = "own") -> StageSettings:
    """The stage of a file with this content; raises SettingsError as the command line does."""
    file = Path(_FOLDER.name) / f"{name}.toml"
    file.write_text(tomlkit.dumps(values), encoding="utf-8")
    try:
        return load_stage(name, directory=file.parent)
    finally:
        file.unlink()


def refused(values: Values, *, name: str = "own") -> str | None:
    """What is said of the content; None where it is accepted."""
    try:
        load(values, name=name)
    except SettingsError as error:
        return str(error)
    return None
