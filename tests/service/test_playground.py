"""The playground's page and its load, without a browser (tests/e2e/test_playground.py has one)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import httpx
import pytest

from service.rest.playground import PAGE
from tests.service.conftest import KEY, Service
from tests.service.transports import eventually

KEY_HEADER = {"authorization": f"Bearer {KEY}"}


@pytest.fixture
async def client(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    url = f"http://127.0.0.1:{service.ports.http}"
    async with httpx.AsyncClient(base_url=url) as http:
        yield http


@pytest.mark.parametrize("path", ["/", "/playground", "/playground/load"])
async def test_there_is_no_playground_unless_it_was_asked_for(
    client: httpx.AsyncClient, path: str
) -> None:
    assert (await client.get(path, headers=KEY_HEADER)).status_code == 404


@pytest.mark.settings(playground=True)
@pytest.mark.parametrize("path", ["/", "/playground"])
async def test_page_is_there_for_everyone_and_lets_nothing_else_in(
    client: httpx.AsyncClient, path: str
) -> None:
    page = await client.get(path)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["referrer-policy"] == "no-referrer"


def test_page_names_no_other_origin_and_puts_in_no_markup() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert not re.findall(r"https?://|//[a-z]+\.", page)
    assert not re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", page)
    assert not re.findall(r"\son[a-z]+=|style=", page)  # which the policy would not let run


@pytest.mark.settings(playground=True, slots=1, max_waiting=4)
async def test_load_is_what_runs_and_waits_now(service: Service, client: httpx.AsyncClient) -> None:
    service.engine.go.clear()
    asked = [
        asyncio.create_task(
            client.post("/v1/completions", json={"prompt": "Hi"}, headers=KEY_HEADER)
        )
        for _ in range(3)
    ]
    await eventually(lambda: service.parts.gate.waiting == 2)
    load = (await client.get("/playground/load", headers=KEY_HEADER)).json()
    service.engine.go.set()
    await asyncio.gather(*asked)
    assert load == {"model": "smollm2-135m-instruct", "running": 1, "waiting": 2, "slots": 1}


STRANGERS = {"model": "smollm2-135m-instruct"}


@pytest.mark.settings(playground=True)
async def test_load_is_not_for_strangers_and_the_page_s_asking_counts_as_no_request(
    service: Service, client: httpx.AsyncClient
) -> None:
    answer = await client.get("/playground/load")
    assert (answer.status_code, answer.json()) == (200, STRANGERS)
    assert (await client.get("/playground/load", headers=KEY_HEADER)).json() != STRANGERS
    assert service.outcomes() == {}


@pytest.mark.settings(playground=True, log_client_addresses=True)
@pytest.mark.parametrize("header", [{"authorization": "Bearer sk-no"}, {"x-api-key": "sk-no"}])
async def test_wrong_key_for_the_load_is_logged_and_counted(
    service: Service,
    client: httpx.AsyncClient,
    caplog: pytest.LogCaptureFixture,
    header: dict[str, str],
) -> None:
    caplog.set_level("INFO", "service.request")
    answer = await client.get("/playground/load", headers=header)
    assert (answer.status_code, answer.json()) == (200, STRANGERS)
    assert service.outcomes() == {"invalid_api_key": 1}
    (line,) = [vars(record) for record in caplog.records if record.name == "service.request"]
    told = (line["route"], line["outcome"], line["client_address"])
    assert told == ("/playground/load", "invalid_api_key", "127.0.0.1")
