"""Where a request came from, whatever its sender says."""

from __future__ import annotations

from typing import Any

import grpc
import httpx
import pytest

from service.client_addresses import ClientAddresses
from service.rpc import llm_service_pb2 as pb
from service.rpc.llm_service_pb2_grpc import LLMServiceStub
from tests.service.conftest import KEY, Service

BALANCER = "10.0.0.9"
LINK = "10.0.0.7"
CLIENT = "203.0.113.7"
LIE = "192.0.2.1"


@pytest.mark.parametrize(
    ("hops", "forwarded", "found"),
    [
        (0, [], BALANCER),
        (0, [LIE], BALANCER),
        (1, [CLIENT], CLIENT),
        (1, [f"{LIE}, {CLIENT}"], CLIENT),
        (1, [LIE, f"{LIE},{CLIENT}"], CLIENT),
        (2, [f"{LIE}, {CLIENT}, {LINK}"], CLIENT),
        (2, [f"{CLIENT}, {LINK}"], CLIENT),
        (2, [LINK], LINK),
        (1, [], BALANCER),
        (1, [f"{LIE}, nonsense"], BALANCER),
        (1, [f"{CLIENT}:4711"], CLIENT),
        (1, ["2001:db8::1"], "2001:db8::1"),
        (1, ["[2001:db8::1]:4711"], "2001:db8::1"),
    ],
)
def test_address_is_as_far_from_the_right_as_there_are_proxies(
    hops: int, forwarded: list[str], found: str
) -> None:
    addresses = ClientAddresses(trusted_hops=hops, kept=True)
    assert addresses.of(BALANCER, forwarded) == found


def test_there_is_no_address_unless_it_is_to_be_kept() -> None:
    assert ClientAddresses(trusted_hops=1).of(BALANCER, [CLIENT]) is None


async def ask_both(service: Service, forwarded: str) -> None:
    headers = {"authorization": f"Bearer {KEY}", "x-forwarded-for": forwarded}
    async with httpx.AsyncClient(headers=headers) as http:
        url = f"http://127.0.0.1:{service.ports.http}/v1/completions"
        (await http.post(url, json={"prompt": "Hi"})).raise_for_status()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{service.ports.grpc}") as channel:
        stub = LLMServiceStub(channel)  # type: ignore[no-untyped-call]  # generated
        request = pb.GenerateTextRequest(prompt="Hi")
        await stub.GenerateText(request, metadata=tuple(headers.items()))


def logged(caplog: pytest.LogCaptureFixture) -> dict[str, str | None]:
    """The address in the requests' lines, by transport."""
    lines: list[Any] = [line for line in caplog.records if line.name == "service.request"]
    return {line.transport: getattr(line, "client_address", None) for line in lines}


@pytest.mark.settings(log_client_addresses=True, trusted_hops=1)
async def test_line_of_a_request_has_the_clients_address(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    await ask_both(service, f"{LIE}, {CLIENT}")
    assert logged(caplog) == {"rest": CLIENT, "grpc": CLIENT}


@pytest.mark.settings(log_client_addresses=True)
async def test_without_a_proxy_of_ours_it_is_the_connections_address(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    await ask_both(service, LIE)
    assert logged(caplog) == {"rest": "127.0.0.1", "grpc": "127.0.0.1"}


@pytest.mark.settings(trusted_hops=1)
async def test_line_of_a_request_has_no_address_unless_it_was_asked_for(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    await ask_both(service, CLIENT)
    assert logged(caplog) == {"rest": None, "grpc": None}
    assert not any(CLIENT in str(vars(line)) for line in caplog.records)
