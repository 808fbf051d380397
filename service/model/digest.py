"""SHA-256 of a file, and whether it is the one that was asked for."""

from __future__ import annotations

import hashlib
from pathlib import Path

from service.model.errors import ModelError


def file_digest(file: Path) -> str:
    """In lower-case hex; reads the whole file."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def check_digest(source: str, got: str, *, wanted: str | None) -> None:
    """Raises ModelError where the content is not what was asked for."""
    if wanted is not None and got != wanted.lower():
        raise ModelError(
            f"{source}: got SHA-256 {got}, not {wanted.lower()}; name the hash of the file that "
            "you mean, or put that file there"
        )
