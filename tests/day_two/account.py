"""The sandbox's AWS as a process of its own, and the real CDK command line turned to it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import tomlkit

from sandbox.deploy import toolchain
from sandbox.state import ACCOUNT, FOREIGN, REGION, aws_environment
from tests.sandbox.server import ROOT, serving_aws

PARTS: Final = ("infra", "service")
FILES: Final = ("app.py", "cdk.json")
COMMAND_SECONDS: Final = 300


class CommandFailed(AssertionError):
    """The command line's own words."""


@contextmanager
def aws(folder: Path) -> Iterator[None]:
    """Turn all clients to a new account; its server's log is in the folder."""
    with (
        (folder / "aws.log").open("w") as log,
        serving_aws(log) as port,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name in FOREIGN:
            patch.delenv(name, raising=False)
        for name, value in aws_environment(port).items():
            patch.setenv(name, value)
        yield


@dataclass(frozen=True)
class Checkout:
    """A copy of what is deployed, with a stage of the walk's own."""

    folder: Path
    stage: str

    @classmethod
    def make(cls, folder: Path, *, stage: str) -> Checkout:
        """Copy the sources, and prepare the account for the CDK."""
        for part in PARTS:
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / part, folder / part, ignore=ignored)
        for file in FILES:
            shutil.copy2(ROOT / file, folder / file)
        made = cls(folder, stage)
        # Away from cdk.json, or the CLI would synthesise the app first.
        made.cdk("bootstrap", f"aws://{ACCOUNT}/{REGION}", folder=folder.parent)
        return made

    def write(self, values: dict[str, Any]) -> None:
        """The stage's file."""
        file = self.folder / f"infra/stages/{self.stage}.toml"
        file.write_text(tomlkit.dumps(values), encoding="utf-8")

    def cdk(self, *words: str, folder: Path | None = None) -> str:
        """What the command line says. Raises CommandFailed."""
        done = subprocess.run(
            [str(ROOT / "node_modules/.bin/cdk"), *words, "--no-notices", "--no-color", "--ci"],
            cwd=folder or self.folder,
            env={**os.environ, **toolchain(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        if done.returncode:
            raise CommandFailed(f"cdk {' '.join(words)}: {done.returncode}\n{done.stdout}")
        return done.stdout
