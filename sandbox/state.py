"""The folder .sandbox/: what runs, with which settings, and how it is reached."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PORT_DEFAULTS = {"http": 8080, "grpc": 50051, "aws": 4566}
REGION = "us-east-1"
ACCOUNT = "123456789012"


class SandboxError(Exception):
    """What went wrong and what to do about it, in one sentence for the person at the terminal."""


@dataclass(frozen=True)
class Ports:
    """The sandbox's three addresses on 127.0.0.1."""

    http: int
    grpc: int
    aws: int

    @staticmethod
    def variable(name: str) -> str:
        return f"LLM_SANDBOX_{name.upper()}_PORT"

    @classmethod
    def from_environment(cls, environment: dict[str, str]) -> Ports:
        ports = {name: cls._read(environment, name) for name in PORT_DEFAULTS}
        if len(set(ports.values())) < len(ports):
            raise SandboxError(
                f"The sandbox needs three different ports: got {ports}; change "
                "LLM_SANDBOX_HTTP_PORT, LLM_SANDBOX_GRPC_PORT or LLM_SANDBOX_AWS_PORT."
            )
        return cls(**ports)

    @classmethod
    def _read(cls, environment: dict[str, str], name: str) -> int:
        text = environment.get(cls.variable(name), str(PORT_DEFAULTS[name]))
        if not text.isdigit() or not 1024 <= int(text) <= 65535:
            raise SandboxError(
                f"{cls.variable(name)} must be a port from 1024 to 65535: got {text!r}; "
                "set another one."
            )
        return int(text)


SPEED = "LLM_SANDBOX_SPEED"
DEFAULT_SPEED = 60.0


def speed_from_environment(environment: dict[str, str]) -> float:
    """How many times as fast as in AWS a deployment bakes; nothing else is hurried."""
    text = environment.get(SPEED, str(DEFAULT_SPEED))
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 1 <= speed <= 3600:
        raise SandboxError(f"{SPEED} must be a number from 1 to 3600: got {text!r}; set another.")
    return speed


@dataclass(frozen=True)
class Settings:
    """What a running sandbox was started with; a second `up` must ask for the same."""

    ports: Ports
    form: str
    program: str
    stage: str
    speed: float = DEFAULT_SPEED


class State:
    """Reads and writes the files of one .sandbox folder; every write is atomic."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / ".sandbox"
        self.logs = self.folder / "logs"
        self.processes = self.folder / "processes"
        self.endpoints = self.folder / "endpoints.json"
        self.status = self.folder / "status.json"

    def prepare(self) -> None:
        for folder in (self.folder, self.logs, self.processes):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def write(self, path: Path, value: Any) -> None:
        """Write JSON that only its owner can read."""
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(value, file, indent=2)
            file.write("\n")
        temporary.replace(path)

    def read(self, path: Path) -> Any:
        """The JSON at `path`; None where there is none (or half of one)."""
        try:
            return json.loads(path.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return None

    def save_settings(self, settings: Settings) -> None:
        self.write(self.folder / "settings.json", asdict(settings))

    def settings(self) -> Settings | None:
        value = self.read(self.folder / "settings.json")
        try:
            return Settings(**{**value, "ports": Ports(**value["ports"])}) if value else None
        except (TypeError, KeyError):
            return None  # another version wrote it

    def runs(self, stage: str) -> bool:
        """Whether the sandbox on this machine is up, with this stage in it."""
        settings = self.settings()
        return settings is not None and settings.stage == stage and self.endpoints.exists()

    def save_endpoints(self, ports: Ports, api_key: str) -> None:
        value = {
            "http": f"http://127.0.0.1:{ports.http}",
            "grpc": f"127.0.0.1:{ports.grpc}",
            "aws": aws_endpoint(ports.aws),
            "api_key": api_key,
        }
        self.write(self.endpoints, value)


def aws_endpoint(port: int) -> str:
    """The word localhost matters: moto recognises template addresses by it."""
    return f"http://localhost:{port}"


# What would make a client prefer a person's own AWS.
FOREIGN = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN")


def use_sandbox(port: int) -> None:
    """Turns the AWS clients of this process, and of those that it starts, to the sandbox."""
    for name in FOREIGN:
        os.environ.pop(name, None)
    os.environ.update(aws_environment(port))


def aws_environment(port: int) -> dict[str, str]:
    """What a client needs to talk to the sandbox; the credentials open nothing."""
    kept = os.environ.get("NO_PROXY") or os.environ.get("no_proxy")
    direct = ",".join(filter(None, (kept, "localhost,127.0.0.1")))
    return {
        "NO_PROXY": direct,
        "no_proxy": direct,
        "AWS_ENDPOINT_URL": aws_endpoint(port),
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
