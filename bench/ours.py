"""The service as one of the servers that are compared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version

import psutil

from bench.endpoints import MODEL, Endpoint, Setup
from tests.service.process import service_process


@dataclass(frozen=True, kw_only=True)
class Ours:
    """`settings` are LLM_* variables besides those that a setup tells."""

    name: str = "llm-on-ecs"
    settings: dict[str, str] = field(default_factory=dict)

    def missing(self) -> str | None:
        """It is always there."""
        return None

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
            **self.settings,
        ) as service:
            service.wait_until_ready()
            yield Endpoint(
                name=self.name,
                url=service.url,
                processes=(psutil.Process(service.process.pid), service.engine()),
                grpc_port=service.grpc_port,
                build=f"xllamacpp {version('xllamacpp')}",
            )
