"""On what a measurement was made: the machine, its load, the versions, the moment."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
PROCESSORS = Path("/proc/cpuinfo")
PACKAGES = ("xllamacpp", "aiohttp", "grpcio", "uvloop")


def processor() -> str:
    """Its name, where the kernel tells it."""
    if PROCESSORS.exists():
        for line in PROCESSORS.read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def commit() -> str:
    """Of this checkout, and whether it has changes; empty where there is no Git."""
    words = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    try:
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def load_averages() -> tuple[float, ...]:
    """Of the last 1, 5 and 15 minutes, processes that run or would."""
    return tuple(round(value, 1) for value in os.getloadavg())


def how_busy() -> str:
    """What a figure is to be read with, in words."""
    averages = ", ".join(map(str, load_averages()))
    return f"{os.cpu_count()} processors, load averages {averages}"


# Containers often forbid bytecode, and each start then compiles the CDK anew. The others are those
# of a `make` that runs us, whose ARGS would be another's.
NOT_OF_A_SHELL = {"PYTHONDONTWRITEBYTECODE", "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARGS"}


def shell_environment() -> dict[str, str]:
    """What a person's shell has."""
    return {name: value for name, value in os.environ.items() if name not in NOT_OF_A_SHELL}


@dataclass(frozen=True, slots=True)
class Machine:
    """As it was at one moment."""

    processor: str = field(default_factory=processor)
    cores: int = field(default_factory=lambda: os.cpu_count() or 1)
    memory_gib: float = field(
        default_factory=lambda: round(psutil.virtual_memory().total / 2**30, 1)
    )
    system: str = field(default_factory=platform.platform)
    python: str = field(default_factory=platform.python_version)
    versions: dict[str, str] = field(
        default_factory=lambda: {name: version(name) for name in PACKAGES}
    )
    commit: str = field(default_factory=commit)
    date: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    load_averages: tuple[float, ...] = field(default_factory=load_averages)

    def __str__(self) -> str:
        load = ", ".join(f"{value:.1f}" for value in self.load_averages)
        return (
            f"{self.date[:10]}, {self.cores} cores of {self.processor}, "
            f"{self.memory_gib:.0f} GiB, load averages {load}, at commit {self.commit}"
        )
