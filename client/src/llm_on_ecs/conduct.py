"""How a client behaves where a call does not say: its time limit and its retries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from llm_on_ecs.asking import TimeLimit
from llm_on_ecs.retries import Attempts, Call, Deadline

TIMEOUT_SECONDS = 600.0  # both as in OpenAI's SDK
MAX_RETRIES = 2
MAX_CONCURRENCY = 100  # an Application Load Balancer takes 128 streams a connection


@dataclass(frozen=True)
class Conduct:
    """A client's defaults. Raises ValueError for values that no call could have."""

    timeout_seconds: float | None
    max_retries: int
    max_concurrency: int

    def __post_init__(self) -> None:
        Deadline(self.timeout_seconds)
        if self.max_retries < 0:
            raise ValueError(f"max_retries is negative: got {self.max_retries}; 0 never retries")
        if self.max_concurrency < 1:
            raise ValueError(
                f"max_concurrency leaves no call: got {self.max_concurrency}; 1 makes one at a time"
            )

    def attempts(self, limit: TimeLimit) -> Attempts:
        call = Call(Deadline(limit.get("timeout", self.timeout_seconds)))
        return Attempts(call, max_retries=self.max_retries)


@contextmanager
def grpc_needed() -> Iterator[None]:
    """Names the extra to whoever wants gRPC without it; REST needs none of it."""
    try:
        yield
    except ModuleNotFoundError as missing:
        raise ModuleNotFoundError(
            f"gRPC needs the package {missing.name}, which is not installed; "
            "run: pip install 'llm-on-ecs-client[grpc]'",
            name=missing.name,
        ) from None
