"""Web pages of other origins, as their browsers speak for them."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.service.conftest import KEY, Service

PAGE = "https://app.example.com"
URL = "/v1/chat/completions"
PREFLIGHT = {
    "origin": PAGE,
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type,x-stainless-lang",
}


@pytest.fixture
async def client(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    url = f"http://127.0.0.1:{service.ports.http}"
    async with httpx.AsyncClient(base_url=url) as http:
        yield http


def cors_headers(answer: httpx.Response) -> set[str]:
    return {name for name in answer.headers if name.startswith("access-control-")}


async def test_no_page_is_let_in_unless_it_was_asked_for(client: httpx.AsyncClient) -> None:
    preflight = await client.options(URL, headers=PREFLIGHT)
    assert preflight.status_code == 405
    assert preflight.json()["error"]["code"] == "method_not_allowed"
    answer = await client.get("/health/live", headers={"origin": PAGE})
    assert cors_headers(preflight) == cors_headers(answer) == set()


@pytest.mark.settings(cors_origins=PAGE)
async def test_preflight_of_a_page_that_is_let_in_needs_no_key(client: httpx.AsyncClient) -> None:
    preflight = await client.options(URL, headers=PREFLIGHT)
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == PAGE
    assert "POST" in preflight.headers["access-control-allow-methods"]
    allowed = preflight.headers["access-control-allow-headers"]
    assert {"authorization", "content-type", "x-stainless-lang"} <= set(allowed.split(","))
    assert "access-control-allow-credentials" not in preflight.headers


@pytest.mark.settings(cors_origins="https://a.example.com, https://b.example.com")
async def test_page_that_is_not_listed_is_not_let_in(client: httpx.AsyncClient) -> None:
    preflight = await client.options(URL, headers=PREFLIGHT)
    assert "access-control-allow-origin" not in preflight.headers
    listed = await client.options(URL, headers=PREFLIGHT | {"origin": "https://b.example.com"})
    assert listed.headers["access-control-allow-origin"] == "https://b.example.com"


@pytest.mark.settings(cors_origins=PAGE)
@pytest.mark.parametrize(
    ("asked", "status", "outcome"),
    [
        ({}, 200, "ok"),
        ({"origin": "https://evil.example"}, 400, "invalid_value"),
        ({"access-control-request-method": "DELETE"}, 400, "invalid_value"),
    ],
)
async def test_preflight_has_an_id_and_a_line_as_all_requests_have(
    service: Service,
    client: httpx.AsyncClient,
    caplog: pytest.LogCaptureFixture,
    asked: dict[str, str],
    status: int,
    outcome: str,
) -> None:
    caplog.set_level(logging.INFO)
    answer = await client.options(URL, headers=PREFLIGHT | asked | {"x-request-id": "mine"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (status, "mine")
    (line,) = [record for record in caplog.records if record.name == "service.request"]
    told = {"outcome": outcome, "status": status, "route": "preflight"}
    assert told.items() <= vars(line).items()
    assert service.outcomes() == {outcome: 1}


@pytest.mark.settings(cors_origins=PAGE)
async def test_refused_preflight_says_what_is_wrong_in_the_envelope_of_the_api(
    client: httpx.AsyncClient,
) -> None:
    asked = PREFLIGHT | {"origin": "https://evil.example", "access-control-request-method": "PUT"}
    error = (await client.options(URL, headers=asked)).json()["error"]
    assert (error["type"], error["param"]) == ("invalid_request_error", None)
    assert "Not allowed for this web page: origin, method;" in error["message"]
    answer = await client.options("/v1/messages", headers=asked)
    assert answer.json()["type"] == "error"
    assert "origin" in answer.headers["vary"].lower()


@pytest.mark.settings(cors_origins="*")
async def test_page_may_read_the_answer_and_what_its_headers_say(
    service: Service, client: httpx.AsyncClient
) -> None:
    headers = {"origin": PAGE, "authorization": f"Bearer {KEY}"}
    body = {"messages": [{"role": "user", "content": "Hi"}], "stream": True}
    answer = await client.post(URL, headers=headers, json=body)
    assert answer.headers["access-control-allow-origin"] == "*"
    exposed = answer.headers["access-control-expose-headers"].split(", ")
    assert {"x-request-id", "retry-after", "x-ratelimit-remaining-tokens"} <= set(exposed)


@pytest.mark.settings(cors_origins=PAGE)
@pytest.mark.parametrize(
    ("url", "status"), [("/v1/models", 401), ("/nowhere", 404), ("/v1/completions", 405)]
)
async def test_page_may_read_refusals_too(client: httpx.AsyncClient, url: str, status: int) -> None:
    refused = await client.get(url, headers={"origin": PAGE})
    assert refused.status_code == status
    assert refused.headers["access-control-allow-origin"] == PAGE


@pytest.mark.settings(cors_origins=PAGE, max_connections=1)
async def test_page_may_read_that_there_are_too_many_connections(
    service: Service, client: httpx.AsyncClient
) -> None:
    await client.get("/health/live")  # and stays connected
    async with httpx.AsyncClient(base_url=client.base_url) as another:
        refused = await another.get("/v1/models", headers={"origin": PAGE})
    assert refused.status_code == 503
    assert refused.headers["access-control-allow-origin"] == PAGE
