"""Installs a peer into a virtual environment of its own, under .venv/peers."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from service.build_engine import FLAGS

FOLDER = (Path(__file__).resolve().parents[2] / ".venv").resolve() / "peers"
# CMake counts in percent, Ninja in steps.
BUILT = re.compile(r"^\s*\[\s*(\d+)(?:%|/(\d+))\]")
TELL_SECONDS = 20.0
# llama.cpp built for this machine.
NATIVE = {"CMAKE_ARGS": "-DGGML_NATIVE=ON", "CXXFLAGS": FLAGS}
PIP = ("-m", "pip", "--disable-pip-version-check", "install", "--progress-bar", "off")


class InstallationError(Exception):
    """Why a peer could not be installed, and the remedy."""


@dataclass(frozen=True, kw_only=True)
class Package:
    """What pip installs, with these options and variables; `tools` must be on PATH for it.

    `without` are packages that it asks for and is better without. `note` says what it takes.
    """

    name: str
    requirements: tuple[str, ...]
    note: str
    options: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    tools: tuple[str, ...] = ("g++",)
    without: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        return FOLDER / self.name

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def stamp(self) -> Path:
        return self.folder / "installed"

    @property
    def log(self) -> Path:
        return FOLDER / f"{self.name}-installation.log"

    @property
    def is_installed(self) -> bool:
        return self.stamp.exists() and self.stamp.read_text() == self._pins

    def install(self) -> None:
        """Does nothing where these pins are installed. Raises InstallationError."""
        if self.is_installed:
            print(f"{self.name} is installed.", flush=True)
            return
        self._check_tools()
        print(f"Installing {self.name} ({self.note}) ...", flush=True)
        started = time.monotonic()
        FOLDER.mkdir(parents=True, exist_ok=True)
        self.log.unlink(missing_ok=True)
        self._run(sys.executable, "-m", "venv", "--clear", str(self.folder))
        self._run(str(self.python), *PIP, "-v", *self.options, *self.requirements)
        if self.without:
            self._run(str(self.python), "-m", "pip", "uninstall", "-y", *self.without)
        self.stamp.write_text(self._pins)
        print(f"{self.name} took {time.monotonic() - started:.0f} s.", flush=True)

    @property
    def _pins(self) -> str:
        settings = [f"{name}={value}" for name, value in sorted(self.variables.items())]
        return "\n".join([sys.version, *self.requirements, *self.options, *settings])

    def _check_tools(self) -> None:
        for tool in self.tools:
            if shutil.which(tool) is None:
                raise InstallationError(
                    f"{tool} is missing, which {self.name} is built with; install it (on Debian "
                    f"and Ubuntu: `apt install {tool}`), then run this again."
                )

    def _run(self, *command: str) -> None:
        """All output goes to a file; a line now and then says how far the build is."""
        with (
            self.log.open("a") as written,
            subprocess.Popen(
                command,
                env=os.environ | self.variables,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            ) as process,
        ):
            assert process.stdout
            told = time.monotonic()
            for line in process.stdout:
                written.write(line)
                if time.monotonic() - told >= TELL_SECONDS and (progress := progress_in(line)):
                    told = time.monotonic()
                    print(f"  {self.name}: {progress}", flush=True)
        if process.returncode:
            raise InstallationError(f"{self.name} could not be installed; {self.log} tells why.")


def progress_in(line: str) -> str | None:
    """How much is built, or what is fetched, if the line says so."""
    if found := BUILT.match(line):
        done, total = int(found[1]), int(found[2] or 100)
        return f"{100 * done // total} % built"
    return " ".join(line.split()[:2]) if line.startswith("Collecting ") else None
