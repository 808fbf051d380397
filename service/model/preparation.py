"""From a source to weights that can be served: fetched, verified, inspected, written anew."""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from service.model.bundled import BUNDLED, bundled_model_path
from service.model.digest import check_digest, file_digest
from service.model.errors import ModelError
from service.model.fetch import fetch, is_remote
from service.model.inspection import inspect
from service.model.progress import Progress
from service.model.recipes import TRIED, recipe
from service.model.requantisation import requantise
from service.model.trial.contest import HEAD, Contest, explanation, fastest, table
from service.model.trial.engine import Runner

HEX: Final = re.compile("[0-9a-fA-F]{64}")
# A day: the person who waits sees the rate and can interrupt; silence ends it much sooner.
FETCH_SECONDS: Final = 24 * 3600
RETRY_SECONDS: Final = 10
TEMPLATE_BYTES_AT_MOST: Final = 1 << 20
TYPE_IN_NAME: Final = re.compile(r"[.-](F16|F32|BF16|I?Q\d\w*)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fastest:
    """`loss`: the divergence that the type may have, in nats; `runner`: what tasks compute with."""

    loss: float
    runner: Runner

    def check(self) -> None:
        """Raises ModelError."""
        if not self.loss >= 0:
            raise ModelError(f"--loss: got {self.loss:g}; write 0 or more, in nats")
        if self.runner.threads < 1:
            raise ModelError(f"--threads: got {self.runner.threads}; write 1 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is written anew; what is None stays as it is. `fastest`: the type is found by trying."""

    type_name: str | None = None
    chat_template: Path | None = None
    fastest: Fastest | None = None

    def __bool__(self) -> bool:
        return self != Changes()

    def __str__(self) -> str:
        """For a file's name."""
        return self.type_name or "with-template"


def prepare(source: str, *, sha256: str | None, changes: Changes, output: Path | None) -> Path:
    """The prepared file; `output` is where it goes, by default into the current folder.

    A file on this machine of which nothing changes stays where it is. Raises ModelError.
    """
    if sha256 is not None and not HEX.fullmatch(sha256):
        raise ModelError(f"--sha256: got {sha256!r}; write 64 hexadecimal digits")
    if changes.type_name is not None:
        recipe(changes.type_name)
    if changes.fastest is not None:
        changes.fastest.check()
    template = read_template(changes.chat_template) if changes.chat_template else None
    file = obtained(source, sha256=sha256, output=None if changes else output)
    tell(file)
    if changes.fastest is not None:
        folder = output.parent if output else Path()
        name = fastest_type(file, changes.fastest, folder=folder)
        changes = replace(changes, type_name=name, fastest=None)
    if changes:
        target = output or Path(f"{TYPE_IN_NAME.sub('', file.stem)}.{changes}.gguf")
        file = anew(file, target, type_name=changes.type_name, chat_template=template)
        tell(file)
    print(f"SHA-256        {file_digest(file)}\nfile           {file}")
    return file


def read_template(file: Path) -> str:
    """Raises ModelError for what is no chat template, as far as that can be seen without a chat."""
    try:
        text = file.read_bytes()[: TEMPLATE_BYTES_AT_MOST + 1].decode()
    except (OSError, UnicodeDecodeError) as unreadable:
        raise ModelError(f"--chat-template: {file}: {unreadable}; name a text file") from None
    if "messages" not in text or len(text) > TEMPLATE_BYTES_AT_MOST:
        raise ModelError(
            f"--chat-template: {file}: is no chat template, which is a Jinja template of "
            f"`messages`, of {TEMPLATE_BYTES_AT_MOST >> 20} MiB at most"
        )
    return text


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


def fastest_type(file: Path, limits: Fastest, *, folder: Path) -> str | None:
    """The name of the recipe that is the fastest here; None where that is the file as it is."""
    with tempfile.TemporaryDirectory(prefix="prepare-", dir=folder) as trials:
        contest = Contest(
            source=file,
            folder=Path(trials),
            write=written_in,
            loss=limits.loss,
            runner=limits.runner,
        )
        entrants = asyncio.run(contest.run(TRIED))
    print(f"\n{table(HEAD, [entrant.cells() for entrant in entrants])}")
    print(f"\n{explanation(entrants, limits.runner)}")
    best = fastest(entrants)
    print(f"The fastest with a loss of at most {limits.loss:g} is: {best.name}.\n")
    return None if best is entrants[0] else best.name


def written_in(type_name: str, source: Path, target: Path) -> None:
    progress = Progress(f"requantising to {type_name}", sys.stderr)
    requantise(source, target, type_name=type_name, on_progress=progress)
    progress.finish()


def anew(file: Path, target: Path, *, type_name: str | None, chat_template: str | None) -> Path:
    """Under a temporary name until it is whole and readable."""
    if target.resolve() == file.resolve():
        raise ModelError(f"--output: got {target}, the source itself; choose another name")
    part = target.with_name(f"{target.name}.part")
    verb = f"requantising to {type_name}" if type_name else f"writing {target.name}"
    progress = Progress(verb, sys.stderr)
    try:
        requantise(
            file, part, type_name=type_name, chat_template=chat_template, on_progress=progress
        )
        progress.finish()
        inspect(part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return target


def tell(file: Path) -> None:
    print("\n".join([str(file), *(f"  {line}" for line in inspect(file).lines())]))
