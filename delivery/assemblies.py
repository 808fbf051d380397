"""Synthesises stages, of the working tree and of a commit. Needs no account."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, Final

from delivery.errors import DeliveryError

ROOT: Final = Path(__file__).resolve().parents[1]
OUT: Final = ROOT / "cdk.out"
# What synthesis runs on: where they differ, a commit is synthesised on its own ones.
PINS: Final = ("requirements.txt", "package-lock.json")
SHOWN_LINES: Final = 20


def shown(path: Path) -> str:
    """A path as a person here would write it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


@dataclass(frozen=True)
class Assembly:
    """What one synth wrote."""

    folder: Path

    @cached_property
    def templates(self) -> dict[str, dict[str, Any]]:
        """By the stack's id; none where the stage does not exist."""
        suffix = ".template.json"
        return {
            file.name.removesuffix(suffix): json.loads(file.read_text(encoding="utf-8"))
            for file in sorted(self.folder.glob(f"*{suffix}"))
        }

    @cached_property
    def stack_names(self) -> dict[str, str]:
        """CloudFormation's name of each stack, by its id."""
        return {
            key: item["properties"].get("stackName", key) for key, item in self._stacks().items()
        }

    @property
    def order(self) -> list[str]:
        """The ids of the stacks as the CLI deploys them: each after those that it depends on."""
        stacks = self._stacks()
        waits_for = {
            key: [name for name in item.get("dependencies", ()) if name in stacks]
            for key, item in stacks.items()
        }
        return list(TopologicalSorter(waits_for).static_order())

    def _stacks(self) -> dict[str, dict[str, Any]]:
        manifest = self.folder / "manifest.json"
        if not manifest.exists():
            return {}
        artifacts = json.loads(manifest.read_text(encoding="utf-8"))["artifacts"]
        return {
            key: item
            for key, item in artifacts.items()
            if item["type"] == "aws:cloudformation:stack"
        }


@dataclass(frozen=True)
class Tree:
    """A source tree and the checkout whose packages it is synthesised on."""

    folder: Path
    packages: Path

    @property
    def stages(self) -> list[str]:
        """The stages that have a file, in the order of their names."""
        return sorted(file.stem for file in (self.folder / "infra/stages").glob("*.toml"))

    def require(self, stage: str) -> None:
        """Raises DeliveryError where it has no such stage."""
        if stage not in self.stages:
            raise DeliveryError(f"STAGE: got '{stage}'; choose one of {', '.join(self.stages)}")

    def synthesise(
        self, stage: str, into: Path, *, context: Mapping[str, str] | None = None
    ) -> Assembly:
        """Write the stage's assembly; an empty one where the tree has no such stage.

        `context` is as for `cdk -c`.
        """
        shutil.rmtree(into, ignore_errors=True)
        if stage in self.stages:
            python = self.packages / ".venv/bin/python"
            words = ["synth", "--quiet", "--output", str(into)]
            for key, value in {"stage": stage, **(context or {})}.items():
                words += ["-c", f"{key}={value}"]
            run_cdk(
                [*words, "--app", f"{python} app.py"], folder=self.folder, packages=self.packages
            )
        return Assembly(into)


def working_tree() -> Tree:
    """What is checked out here, with what is not yet committed."""
    return Tree(ROOT, ROOT)


def tree_of(commit: str, into: Path) -> Tree:
    """The files of a commit, and its own packages where it pins others than are installed here."""
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    archive = run(["git", "archive", commit], folder=ROOT, remedy="name a commit that is here")
    subprocess.run(["tar", "-x", "-C", str(into)], input=archive, check=True)
    if all(_same(into / name, ROOT / name) for name in PINS):
        return Tree(into, ROOT)
    run(["make", "setup"], folder=into, remedy="make the commit installable")
    return Tree(into, into)


def _same(one: Path, other: Path) -> bool:
    return one.exists() and one.read_bytes() == other.read_bytes()


def run_cdk(
    words: list[str], *, folder: Path = ROOT, packages: Path = ROOT, check: bool = True
) -> str:
    """Run the pinned CLI; its output, or a DeliveryError that ends with it."""
    command = [str(packages / "node_modules/.bin/cdk"), *words, "--no-notices", "--no-color"]
    output = run(
        command,
        folder=folder,
        # The CDK's own validation takes seconds a stack; `make synth` has it.
        variables={"CDK_VALIDATION": "false"},
        remedy="read the lines above",
        check=check,
    )
    return output.decode(errors="replace")


def run(
    command: list[str],
    *,
    folder: Path,
    remedy: str,
    variables: Mapping[str, str] | None = None,
    check: bool = True,
) -> bytes:
    """Run a program without a terminal; its standard output."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | (variables or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if check and done.returncode:
        told = (done.stdout + done.stderr).decode(errors="replace").splitlines()[-SHOWN_LINES:]
        name = Path(command[0]).name
        raise DeliveryError(
            "\n".join([*told, f"{name} {command[1]}: got exit status {done.returncode}; {remedy}"])
        )
    return done.stdout
