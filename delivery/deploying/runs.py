"""One run of a verb: a name that no other has, a folder that goes with it, a log that stays.

Two verbs may be at work in one checkout, as where a rollout hangs and somebody takes it back: the
one must not write over, or remove, what the other still deploys or has to say. What may go, their
names tell: they have the stage, and when the run began.
"""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from delivery.assemblies import OUT

KEPT_LOGS: Final = 20
# Longer than any run: CloudFormation takes no rollout of more than 33 hours, and a deploy is
# watched for two of them (infra/timeouts.py, DeployPatience).
LONGEST_RUN: Final = timedelta(days=7)
_BEGAN: Final = "%Y%m%d-%H%M%S"
_NAME: Final = re.compile(r"[a-z]+-(?P<stage>.+)-(?P<began>\d{8}-\d{6})-[0-9a-f]{4}(\.log)?")


@dataclass(frozen=True, slots=True)
class Run:
    """`name` is also its change sets': by it CloudFormation tells ours from others'."""

    name: str
    folder: Path

    @property
    def log(self) -> Path:
        """All that the CDK's command line says."""
        return OUT / "logs" / f"{self.name}.log"


@contextmanager
def new_run(verb: str, stage: str) -> Iterator[Run]:
    """A run that ends with the context. What earlier ones have left too long goes before it."""
    began = datetime.now(UTC)
    _remove_old_logs(stage)
    _remove_abandoned(began - LONGEST_RUN)
    name = f"{verb}-{stage}-{began:{_BEGAN}}-{secrets.token_hex(2)}"
    folder = OUT / "runs" / name
    folder.mkdir(parents=True)
    try:
        yield Run(name, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_old_logs(stage: str) -> None:
    """All but the stage's newest."""
    logs = [
        (match["began"], log)
        for log in (OUT / "logs").glob("*.log")
        if (match := _NAME.fullmatch(log.name)) and match["stage"] == stage
    ]
    for _, log in sorted(logs)[:-KEPT_LOGS]:
        log.unlink(missing_ok=True)


def _remove_abandoned(before: datetime) -> None:
    """Folders of runs that were killed: whatever began `before` has come to its end."""
    for folder in (OUT / "runs").glob("*"):
        match = _NAME.fullmatch(folder.name)
        if match and match["began"] < f"{before:{_BEGAN}}":
            shutil.rmtree(folder, ignore_errors=True)
