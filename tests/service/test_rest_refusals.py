"""What REST refuses before anything is generated, and in which words."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from service.rest import connection
from tests.service.conftest import Service
from tests.service.wire import connected, post

HELLO = [{"role": "user", "content": "Hi"}]


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        (b"{", 400, None),
        (b"\xff\xfe", 400, None),
        (b"[]", 400, None),
        (b"{}", 400, "messages"),
        (b'{"messages": []}', 400, "messages"),
        (b'{"messages": "hi"}', 400, "messages"),
        (b'{"messages": [{"role": "robot", "content": "x"}]}', 400, "messages[0].role"),
        (b'{"messages": [{"role": "user", "content": 1}]}', 400, "messages[0].content"),
        (b'{"messages": [{"role": "user", "content": "x"}], "stream": "yes"}', 400, "stream"),
        (b'{"messages": [{"role": "user", "content": "x"}], "max_tokens": "5"}', 400, "max_tokens"),
        (b'{"messages": [{"role": "user", "content": "x"}], "seed": 1e30}', 400, "seed"),
        (b'{"messages": [{"role": "user", "content": "x"}], "n": 3}', 400, "n"),
        (b'{"messages": [{"role": "user", "content": "x"}], "tools": []}', 400, "tools"),
        (b'{"messages": [{"role": "user", "content": "x"}], "model": "m"}', 404, "model"),
    ],
)
async def test_bad_body_is_refused_in_the_envelope_and_the_next_request_works(
    client: httpx.AsyncClient, body: bytes, status: int, param: str | None
) -> None:
    refused = await client.post("/v1/chat/completions", content=body)
    assert refused.status_code == status
    error = refused.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert (error["type"], error["param"]) == ("invalid_request_error", param)
    assert (await client.post("/v1/chat/completions", json={"messages": HELLO})).status_code == 200


@pytest.mark.settings(max_body_bytes=1024)
@pytest.mark.parametrize("announced", [True, False])
async def test_body_beyond_the_limit_is_refused(client: httpx.AsyncClient, announced: bool) -> None:
    async def unannounced() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * 512

    content = b"x" * 1536 if announced else unannounced()
    refused = await client.post("/v1/completions", content=content)
    assert refused.status_code == 413
    assert refused.json()["error"]["code"] == "request_too_large"
    assert (await client.post("/v1/completions", json={"prompt": "Hi"})).status_code == 200


async def test_key_is_checked_before_the_body_is_read(client: httpx.AsyncClient) -> None:
    refused = await client.post(
        "/v1/completions", content=b"{", headers={"authorization": "Bearer no"}
    )
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("method", "url", "status"), [("GET", "/nowhere", 404), ("GET", "/v1/completions", 405)]
)
async def test_wrong_address_or_method_is_refused_in_the_envelope(
    client: httpx.AsyncClient, method: str, url: str, status: int
) -> None:
    refused = await client.request(method, url)
    assert refused.status_code == status
    assert set(refused.json()["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize(
    "seconds",
    ["", "soon", "0", "0.0", "-1", "+5", "1_0", "1e308", "nan", "inf", ".5", "5.", "\u0665"],
)
async def test_deadline_that_is_no_plain_number_of_seconds_is_refused(
    client: httpx.AsyncClient, seconds: str
) -> None:
    headers = {b"x-request-timeout": seconds.encode()}
    refused = await client.post("/v1/completions", json={"prompt": "Hi"}, headers=headers)
    assert refused.status_code == 400
    assert refused.json()["error"]["param"] == "x-request-timeout"


async def test_trailing_slash_is_not_redirected(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/completions/", json={"prompt": "Hi"})
    assert answer.status_code == 404


@pytest.mark.parametrize("path", ["/v1/completions", "/v1/messages"])
async def test_body_that_does_not_arrive_is_given_up_as_late_headers_are(
    service: Service, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(connection, "BODY_SECONDS", 0.05)
    async with connected(service) as wire:
        wire.send(post("content-length: 10", path=path, body=None) + b"{")
        answer = await wire.answer()
    assert (answer.status, answer.body["error"]["type"]) == (408, "invalid_request_error")
    assert service.outcomes() == {"body_timeout": 1}


@pytest.mark.parametrize("path", ["/v1/completions", "/v1/messages"])
async def test_deadline_of_the_caller_holds_while_the_body_arrives(
    service: Service, path: str
) -> None:
    """As over gRPC, where it is the client's own clock."""
    async with connected(service) as wire:
        head = ("x-request-timeout: 0.05", "content-length: 10")
        wire.send(post(*head, path=path, body=None) + b"{")
        answer = await wire.answer()
    assert (answer.status, answer.headers["retry-after"]) == (504, "1")
    assert service.outcomes() == {"deadline_exceeded": 1}
