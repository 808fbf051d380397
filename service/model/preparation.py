"""From a source to weights that can be served: fetched, verified, inspected, in another type."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path
from typing import Final

from service.model.bundled import bundled_model_path
from service.model.digest import check_digest, file_digest
from service.model.errors import ModelError
from service.model.fetch import fetch, is_remote
from service.model.inspection import inspect
from service.model.progress import Progress
from service.model.requantisation import check_type, requantise

BUNDLED: Final = "bundled"
HEX: Final = re.compile("[0-9a-fA-F]{64}")
# A day: the person who waits sees the rate and can interrupt; silence ends it much sooner.
FETCH_SECONDS: Final = 24 * 3600
RETRY_SECONDS: Final = 10
TYPE_IN_NAME: Final = re.compile(r"[.-](F16|F32|BF16|I?Q\d\w*)$", re.IGNORECASE)


def prepare(source: str, *, sha256: str | None, type_name: str | None, output: Path | None) -> Path:
    """The prepared file; `output` is where it goes, by default into the current folder.

    A file on this machine that needs no other type stays where it is. Raises ModelError.
    """
    if sha256 is not None and not HEX.fullmatch(sha256):
        raise ModelError(f"--sha256: got {sha256!r}; write 64 hexadecimal digits")
    if type_name is not None:
        check_type(type_name)
    file = obtained(source, sha256=sha256, output=None if type_name else output)
    tell(file)
    if type_name is not None:
        target = output or Path(f"{TYPE_IN_NAME.sub('', file.stem)}.{type_name}.gguf")
        file = in_type(file, target, type_name=type_name)
        tell(file)
    print(f"SHA-256        {file_digest(file)}\nfile           {file}")
    return file


def obtained(source: str, *, sha256: str | None, output: Path | None) -> Path:
    """The source as a verified file on this machine."""
    if is_remote(source):
        target = output or Path(source.partition("?")[0].rpartition("/")[2] or "model.gguf")
        progress = Progress(f"fetching {target.name}", sys.stderr)
        asyncio.run(
            fetch(
                source,
                target,
                sha256=sha256,
                within_seconds=FETCH_SECONDS,
                retry_seconds=RETRY_SECONDS,
                on_progress=progress,
            )
        )
        progress.finish()
        return target
    file = bundled_model_path() if source == BUNDLED else Path(source)
    if not file.is_file():
        raise ModelError(
            f"{source}: there is no such file; name a file, {BUNDLED}, s3://bucket/key or https://"
        )
    if sha256 is not None:
        check_digest(source, file_digest(file), wanted=sha256)
    return file


def in_type(file: Path, target: Path, *, type_name: str) -> Path:
    """Under a temporary name until it is whole and readable."""
    if target.resolve() == file.resolve():
        raise ModelError(f"--output: got {target}, the source itself; choose another name")
    part = target.with_name(f"{target.name}.part")
    progress = Progress(f"requantising to {type_name}", sys.stderr)
    try:
        requantise(file, part, type_name=type_name, on_progress=progress)
        progress.finish()
        inspect(part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return target


def tell(file: Path) -> None:
    print("\n".join([str(file), *(f"  {line}" for line in inspect(file).lines())]))
