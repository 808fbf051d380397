"""Health checks count as the load balancer and ECS do."""

import asyncio
from collections.abc import AsyncIterator, Callable

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer

from sandbox.runner.checks import NO_ANSWER, ContainerWatch, Health, ask_grpc, ask_http
from sandbox.runner.launch import free_port
from sandbox.runner.wanted import ContainerCheck
from tests.sandbox.specs import check
from tests.sandbox.waiting import LONG_SECONDS

PATH = "/grpc.health.v1.Health/Check"


def health(*results: bool) -> Health:
    health = Health(healthy_count=2, unhealthy_count=3)
    for result in results:
        health.record(result)
    return health


def test_first_success_makes_a_new_target_healthy() -> None:
    assert health(True).healthy
    assert not health(False, False).healthy


def test_target_becomes_unhealthy_after_its_threshold() -> None:
    assert health(True, False, False).healthy
    assert not health(True, False, False, False).healthy


def test_success_in_between_starts_the_count_again() -> None:
    assert health(True, False, False, True, False, False).healthy


def test_known_target_needs_its_threshold_to_recover() -> None:
    sick = (True, False, False, False)
    assert not health(*sick, True).healthy
    assert health(*sick, True, True).healthy


@pytest.mark.parametrize(
    ("codes", "accepted"), [("200", {200}), ("200,204", {200, 204}), ("200-299", {200, 204, 299})]
)
def test_matcher_takes_lists_and_ranges(codes: str, accepted: set[int]) -> None:
    matcher = check(codes=codes)
    assert {code for code in (200, 204, 299, 404, 503) if matcher.accepts(code)} == accepted


@pytest.fixture
async def http_port() -> AsyncIterator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = await reader.readline()
        writer.write(b"HTTP/1.1 503 x\r\n\r\n" if b"/sick" in line else b"HTTP/1.1 200 OK\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def test_http_check_gives_the_status(http_port: int) -> None:
    assert await ask_http(http_port, "/well", LONG_SECONDS) == 200
    assert await ask_http(http_port, "/sick", LONG_SECONDS) == 503


async def test_http_check_of_a_closed_port_has_no_answer() -> None:
    assert await ask_http(free_port(), "/", 1) == NO_ANSWER


@pytest.fixture
async def grpc_port() -> AsyncIterator[int]:
    server = grpc.aio.server()
    servicer = HealthServicer()
    await servicer.set("", health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield port
    await server.stop(None)


async def test_grpc_check_gives_the_status_code(grpc_port: int) -> None:
    unimplemented = grpc.StatusCode.UNIMPLEMENTED.value[0]
    assert await ask_grpc(grpc_port, PATH, LONG_SECONDS) == 0
    assert await ask_grpc(grpc_port, "/other.Service/Method", LONG_SECONDS) == unimplemented


async def test_grpc_check_of_a_closed_port_has_no_answer() -> None:
    assert await ask_grpc(free_port(), PATH, 2) == NO_ANSWER


async def watch(results: list[bool], *, start_seconds: float, until: Callable[[str], bool]) -> str:
    """The container's state after these results of its check."""
    done = asyncio.Event()
    queue = list(results)

    async def run_command(command: tuple[str, ...], timeout_seconds: float) -> bool:
        if not queue:
            done.set()
            await asyncio.Event().wait()
        return queue.pop(0)

    async def note() -> None:
        if until(watcher.state):
            done.set()

    how = ContainerCheck(("CMD", "x"), 0.0, 1.0, retries=2, start_seconds=start_seconds)
    watcher = ContainerWatch(how, run_command, note)
    job = asyncio.create_task(watcher.run())
    await asyncio.wait_for(done.wait(), LONG_SECONDS)
    job.cancel()
    return watcher.state


async def test_container_is_healthy_after_one_success() -> None:
    assert await watch([True], start_seconds=0, until=lambda _: True) == "HEALTHY"


async def test_container_is_unhealthy_after_its_retries() -> None:
    results = [True, False, False]
    seen = await watch(results, start_seconds=0, until=lambda state: state == "UNHEALTHY")
    assert seen == "UNHEALTHY"


async def test_failures_in_the_start_period_do_not_count() -> None:
    assert await watch([False], start_seconds=60, until=lambda _: False) == "UNKNOWN"
