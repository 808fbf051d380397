"""One run of a verb: a name that no other has, a folder that goes with it, a log that stays.

Two verbs may be at work in one checkout, as where a rollout hangs and somebody takes it back: the
one must not write over, or remove, what the other still deploys or has to say.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from delivery.assemblies import OUT


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
    """A run that ends with the context."""
    name = f"{verb}-{stage}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    folder = OUT / "runs" / name
    folder.mkdir(parents=True)
    try:
        yield Run(name, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
