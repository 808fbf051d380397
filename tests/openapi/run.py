"""Has schemathesis hold a running service to its own document."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.paced.environment import paced_environment
from tests.service.process import ServiceProcess, service_process

KEY = "sk-of-schemathesis"
HERE = Path(__file__).parent
PHASES = "examples,coverage,fuzzing"


@dataclass(frozen=True)
class Report:
    """What schemathesis said, whether it found nothing wrong, and of how many cases."""

    text: str
    clean: bool

    @property
    def cases(self) -> int:
        found = re.search(r"(\d+) generated", self.text)
        return int(found[1]) if found else 0


@contextmanager
def documented_service(engine: str, folder: Path) -> Iterator[ServiceProcess]:
    """A service that asks for a key; its engine has no pauses and knows tools, or is real."""
    keys = folder / "keys.json"
    sha256 = hashlib.sha256(KEY.encode()).hexdigest()
    keys.write_text(json.dumps({"keys": [{"name": "schemathesis", "sha256": sha256}]}))
    with service_process(
        **(paced_environment(pace_ms=0) if engine == "scripted" else {}),
        LLM_KEYS_SOURCE=f"file:{keys}",
        LLM_SLOTS="4",
        LLM_MAX_OUTPUT_TOKENS="8",
    ) as service:
        service.wait_until_ready()
        yield service


def hold_to_document(service: ServiceProcess, folder: Path, *, examples: int, seed: int) -> Report:
    """All checks, with data that the document allows and data that it does not.

    What schemathesis leaves behind is in the folder.
    """
    command = [
        *(sys.executable, "-m", "schemathesis.cli"),
        *("--config-file", str(HERE / "schemathesis.toml")),
        *("run", f"{service.url}/openapi.json"),
        *("--header", f"Authorization: Bearer {KEY}"),
        *("--checks", "all", "--phases", PHASES, "--continue-on-failure", "--no-shrink"),
        *("--max-examples", str(examples), "--seed", str(seed)),
        *("--suppress-health-check", "all", "--no-color"),
    ]
    hooks = {"SCHEMATHESIS_HOOKS": str(HERE / "hooks.py"), "PYTHONPATH": str(HERE.parents[1])}
    environment = os.environ | hooks
    ran = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, check=False
    )
    return Report(ran.stdout + ran.stderr, ran.returncode == 0)
