"""The service as one of the servers that are compared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import psutil

from bench.endpoints import MODEL, Endpoint, Setup
from tests.service.process import service_process

# What `make engine` builds.
ENVIRONMENT = Path(__file__).parents[1] / ".venv"
CPU_ENGINE = ENVIRONMENT / f"engine-{version('xllamacpp')}" / "llama-server"


@dataclass(frozen=True, kw_only=True)
class Ours:
    """`settings` are LLM_* variables besides those that a setup tells. `engine_program` is a
    `llama-server` to run; none: the wheel's."""

    name: str = "llm-on-ecs"
    engine_program: str = ""
    settings: dict[str, str] = field(default_factory=dict)

    def missing(self) -> str | None:
        """The wheel's engine is always there."""
        if not self.engine_program or Path(self.engine_program).exists():
            return None
        return f"{self.engine_program} is not built; run: make engine"

    @contextmanager
    def started(self, setup: Setup) -> Iterator[Endpoint]:
        """As a task runs it, but that nobody needs a key and long answers are allowed."""
        with service_process(
            LLM_REST_AUTH="off",
            LLM_MODEL_PATH=str(setup.file),
            LLM_MODEL_NAME=MODEL,
            LLM_ENGINE_THREADS=str(setup.threads),
            LLM_SLOTS=str(setup.slots),
            LLM_CONTEXT_TOKENS=str(setup.context_tokens),
            LLM_METRICS_PERIOD_SECONDS="20",
            LLM_ENGINE_PROGRAM=self.engine_program,
            **self.settings,
        ) as service:
            service.wait_until_ready()
            yield Endpoint(
                name=self.name,
                url=service.url,
                processes=(psutil.Process(service.process.pid), service.engine()),
                grpc_port=service.grpc_port,
                build=self.engine_program or f"xllamacpp {version('xllamacpp')}",
            )
