"""What the bench asks: a server with a model, the same for the service and for its peers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psutil

MODEL = "measured"  # what requests name, whatever the file


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What a server is started with; `context_tokens` are one slot's."""

    file: Path
    threads: int
    slots: int
    context_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A server that answers `/v1/completions` and `/v1/chat/completions` below `url`.

    `processes` are all that work for it, to be asked for processor time and memory. `build` is what
    it says of itself, its version and the CPU features that it uses; `note` belongs beside its
    figures. `count_path` answers `{"input": text}` with its tokens' `count`, where streams tell no
    usage.
    """

    name: str
    url: str
    processes: tuple[psutil.Process, ...]
    model: str = MODEL
    grpc_port: int | None = None
    build: str = ""
    note: str = ""
    count_path: str = ""
