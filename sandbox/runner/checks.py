"""Health checks: what a load balancer asks of a target, and what ECS asks of a container."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import grpc
from grpc_health.v1 import health_pb2

from .wanted import ContainerCheck, Target

FIRST_CHECK_SECONDS = 0.25
"""The one liberty with the template's intervals: a task that has not been healthy yet is asked this
often, so that `make up` need not wait for an interval. From then on the template's own hold."""

LOAD_BALANCER_AGENT = "ELB-HealthChecker/2.0"  # as Elastic Load Balancing names itself
NO_ANSWER = -1


@dataclass
class Health:
    """Counts results as the load balancer does; one success makes a new target healthy.

    "After your target is registered, it must pass one health check to be considered healthy":
    docs.aws.amazon.com/elasticloadbalancing, health checks for your target groups.
    """

    healthy_count: int
    unhealthy_count: int
    known: bool = False
    healthy: bool = False
    _streak: int = 0

    def record(self, good: bool) -> None:
        if good == self.healthy:
            self._streak = 0
            self.known = self.known or good
            return
        self._streak += 1
        needed = self.healthy_count if good else self.unhealthy_count
        if self._streak >= needed or (good and not self.known):
            self.healthy, self.known, self._streak = good, True, 0


class TargetWatch:
    """Asks one port of a task what its target group asks, for as long as it is registered."""

    def __init__(self, target: Target, port: int, on_change: Callable[[], Awaitable[None]]) -> None:
        self.target = target
        self.port = port
        self.health = Health(target.check.healthy_count, target.check.unhealthy_count)
        self._on_change = on_change
        self._since = time.monotonic()
        self._last_code = NO_ANSWER

    @property
    def failure(self) -> str:
        """The last answer, as the load balancer describes a failed check."""
        if self._last_code == NO_ANSWER:
            return "Health checks failed"
        return f"Health checks failed with these codes: [{self._last_code}]"

    @property
    def unhealthy(self) -> bool:
        """Failed as often as the threshold says; a new target is `initial` until then."""
        check = self.target.check
        initial_seconds = check.interval_seconds * check.unhealthy_count
        new = not self.health.known and time.monotonic() - self._since < initial_seconds
        return not self.health.healthy and not new

    async def run(self) -> None:
        check = self.target.check
        while True:
            before = self.health.healthy
            code = self._last_code = await self._ask()
            self.health.record(code != NO_ANSWER and check.accepts(code))
            if self.health.healthy != before:
                await self._on_change()
            await asyncio.sleep(
                check.interval_seconds if self.health.known else FIRST_CHECK_SECONDS
            )

    async def _ask(self) -> int:
        check = self.target.check
        if check.grpc:
            return await ask_grpc(self.port, check.path, check.timeout_seconds)
        return await ask_http(self.port, check.path, check.timeout_seconds)


async def ask_http(port: int, path: str, timeout_seconds: float) -> int:
    """The status of a GET; NO_ANSWER where there is none in time."""
    try:
        async with asyncio.timeout(timeout_seconds):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n"
                writer.write(f"{head}User-Agent: {LOAD_BALANCER_AGENT}\r\n\r\n".encode())
                line = await reader.readline()
            finally:
                writer.close()
        return int(line.split()[1])
    except (OSError, ValueError, IndexError):
        return NO_ANSWER


async def ask_grpc(port: int, path: str, timeout_seconds: float) -> int:
    """The gRPC status code of a unary call with an empty message, as the load balancer's check is.

    The load balancer looks at the code only, not into the answer: NOT_SERVING with code 0 passes.
    """
    options = [("grpc.primary_user_agent", LOAD_BALANCER_AGENT)]
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=options) as channel:
        call = channel.unary_unary(
            path,
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=None,
        )
        try:
            await call(health_pb2.HealthCheckRequest(), timeout=timeout_seconds)
        except grpc.aio.AioRpcError as error:
            refused = error.code() in (
                grpc.StatusCode.UNAVAILABLE,
                grpc.StatusCode.DEADLINE_EXCEEDED,
            )
            return NO_ANSWER if refused else int(error.code().value[0])
    return 0


class ContainerWatch:
    """Runs the task definition's health check in the container, at the definition's intervals."""

    def __init__(
        self,
        check: ContainerCheck,
        run_command: Callable[[tuple[str, ...], float], Awaitable[bool]],
        on_change: Callable[[], Awaitable[None]],
    ) -> None:
        self._check = check
        self._run_command = run_command
        self._on_change = on_change
        self.state = "UNKNOWN"
        self._failures = 0

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        while True:
            good = await self._run_command(self._check.command, self._check.timeout_seconds)
            before = self.state
            self._record(good, in_start_period=loop.time() - started < self._check.start_seconds)
            if self.state != before:
                await self._on_change()
            first = self.state == "UNKNOWN"
            await asyncio.sleep(FIRST_CHECK_SECONDS if first else self._check.interval_seconds)

    def _record(self, good: bool, *, in_start_period: bool) -> None:
        if good:
            self.state, self._failures = "HEALTHY", 0
            return
        # "If a health check succeeds within the startPeriod, the container is healthy; failures in
        # it do not count": ECS API reference, HealthCheck.
        if in_start_period and self.state == "UNKNOWN":
            return
        self._failures += 1
        if self._failures >= self._check.retries:
            self.state = "UNHEALTHY"
