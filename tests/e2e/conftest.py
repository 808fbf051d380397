"""A fresh copy of the checkout in a new folder, used as a newcomer would use it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from sandbox.form import default_base

ROOT = Path(__file__).parents[2]
BASE_IMAGE = os.environ.get("LLM_SANDBOX_BASE_IMAGE") or default_base(ROOT / "service/Dockerfile")
SCRIPT_SECONDS = 900
AWS = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
}
# What a new shell would not have: the outer make's words, our interpreter, our caches.
OURS = {
    *("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "VIRTUAL_ENV", "CDK_VALIDATION"),
    *("CDK_HOME", "JSII_RUNTIME_PACKAGE_CACHE_ROOT", "JSII_NODE"),
}


@dataclass(frozen=True)
class Endpoints:
    """What `make up` leaves in .sandbox/endpoints.json."""

    http: str
    grpc: str
    aws: str
    api_key: str

    @property
    def variables(self) -> dict[str, str]:
        """What turns any AWS client to the sandbox."""
        return AWS | {"AWS_ENDPOINT_URL": self.aws}

    def client(self, service: Any) -> Any:
        """One of boto3's."""
        return boto3.client(
            service,
            endpoint_url=self.aws,
            region_name=AWS["AWS_REGION"],
            aws_access_key_id=AWS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=AWS["AWS_SECRET_ACCESS_KEY"],
        )


@dataclass(frozen=True)
class Checkout:
    """A copy of the checkout, with nothing installed in it."""

    folder: Path
    home: Path

    def environment(self, form: str) -> dict[str, str]:
        """As in a new shell: none of our own interpreter's variables, a home of its own."""
        kept = {name: value for name, value in os.environ.items() if name not in OURS}
        return kept | {"LLM_SANDBOX_FORM": form, "HOME": str(self.home)}

    def shell(
        self,
        script: str,
        *,
        form: str,
        check: bool = True,
        errors_apart: bool = False,
        variables: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Runs bash lines that stop at the first error; the output goes into the failure."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env=self.environment(form) | (variables or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if errors_apart else subprocess.STDOUT,
            text=True,
            timeout=SCRIPT_SECONDS,
            check=False,
        )
        print(done.stdout, done.stderr or "", sep="")
        assert not check or done.returncode == 0, f"exit status {done.returncode}\n{done.stdout}"
        return done

    def name_base_image(self) -> None:
        """Where no public registry answers, a person names another base in ~/.cdk.json."""
        context = {"context": {"base_image": BASE_IMAGE}}
        (self.home / ".cdk.json").write_text(json.dumps(context))

    def runner_log(self) -> str:
        """What the sandbox's runner did with tasks and connections: it explains a cut stream."""
        return (self.folder / ".sandbox/logs/runner.log").read_text()

    def endpoints(self) -> Endpoints:
        return Endpoints(**json.loads((self.folder / ".sandbox/endpoints.json").read_text()))


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """One for each file of tests, with a home folder that nobody has used."""
    folder, home = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("home")
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return Checkout(folder, home)


@pytest.fixture(scope="session")
def docker() -> None:
    """Fails, and does not skip, where containers cannot be run."""
    done = subprocess.run(["docker", "info"], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(
            "make e2e needs a Docker engine that answers; start one (`.ci/docker-engine` installs "
            f"and starts Debian's). `docker info` said: {done.stderr.strip()}"
        )
