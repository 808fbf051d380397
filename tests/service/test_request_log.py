"""The log's line of each request: who asked, what it took, how it ended, under which id."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from service.admission import Need
from service.embedded_metrics import total
from service.keys import StoredKeys
from service.logs import JsonFormatter
from tests.service.conftest import KEY, Service, stored
from tests.service.face import Refused, Transport
from tests.service.transports import CHAT, collect, eventually

Line = dict[str, Any]


class Lines(logging.Handler):
    """What the log would write, parsed."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonFormatter())
        self.all: list[Line] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.all.append(json.loads(self.format(record)))

    async def requests(self, count: int) -> list[Line]:
        """Of the requests, once there are so many."""
        await eventually(lambda: len(self._requests) >= count)
        return self._requests

    @property
    def _requests(self) -> list[Line]:
        return [line for line in self.all if line["logger"] == "service.request"]


@pytest.fixture
async def lines() -> AsyncIterator[Lines]:
    handler, root = Lines(), logging.getLogger("service")
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.setLevel(level)
    root.removeHandler(handler)


def http(service: Service) -> httpx.AsyncClient:
    headers = {"authorization": f"Bearer {KEY}"}
    return httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{service.ports.http}", headers=headers, timeout=30
    )


async def test_line_says_who_asked_what_it_took_and_how_it_ended(
    lines: Lines, transport: Transport
) -> None:
    await transport.ask(CHAT)
    (line,) = await lines.requests(1)
    rest = line["transport"] == "rest"
    assert line["route"] == ("/v1/chat/completions" if rest else "/LLMService/Chat")
    assert (line["key"], line["outcome"]) == ("tester", "ok")
    assert line["status"] == (200 if rest else "OK")
    assert (line["prompt_tokens"], line["cached_tokens"], line["completion_tokens"]) == (5, 0, 2)
    assert line["finish_reason"] == "stop"
    assert 0 <= line["queue_seconds"] <= line["first_token_seconds"] <= line["total_seconds"]
    assert line["tokens_per_second"] > 0
    assert line["request_id"]
    assert not {"prompt", "completion"} & set(line)


async def test_line_names_the_key_that_has_expired_and_no_other_that_is_refused(
    lines: Lines, service: Service, transport: Transport
) -> None:
    service.replace_keys(stored(expires=datetime(2020, 2, 29, tzinfo=UTC)))
    with pytest.raises(Refused):
        await transport.ask(CHAT)
    service.replace_keys(StoredKeys(keys=()))
    with pytest.raises(Refused):
        await transport.ask(CHAT)
    expired, unknown = await lines.requests(2)
    assert (expired["outcome"], expired["key"]) == ("expired_api_key", "tester")
    assert unknown["outcome"] == "invalid_api_key"
    assert "key" not in unknown


async def test_a_refused_request_has_a_line_of_its_route_and_no_more_than_there_was(
    lines: Lines, service: Service
) -> None:
    async with http(service) as client:
        await client.post("/v1/completions", content=b"{")
        await client.get("/v1/of/a/scanner")
        await client.get("/v1/models")
        await client.get("/health/live")
    wrong, unknown, models = await lines.requests(3)
    assert (wrong["route"], wrong["outcome"], wrong["status"], wrong["key"]) == (
        "/v1/completions",
        "invalid_value",
        400,
        "tester",
    )
    assert (unknown["route"], unknown["outcome"], unknown["status"]) == (
        "unknown",
        "unknown_url",
        404,
    )
    assert (models["route"], models["outcome"]) == ("/v1/models", "ok")
    for line in (wrong, unknown, models):
        assert not {"prompt_tokens", "queue_seconds", "finish_reason"} & set(line)


async def test_a_caller_who_leaves_has_a_line_that_says_how_far_it_came(
    lines: Lines, service: Service, transport: Transport
) -> None:
    service.engine.endless = True
    leaving = asyncio.create_task(collect(transport))
    await eventually(lambda: service.engine.written > 10)
    leaving.cancel()
    (line,) = await lines.requests(1)
    assert line["outcome"] == "cancelled"
    assert line["first_token_seconds"] > 0
    assert line["prompt_tokens"] == 1
    assert line["completion_tokens"] > 0
    counted = [service.parts.metrics.prompt_tokens, service.parts.metrics.generated_tokens]
    assert [total(each) for each in counted] == [1, line["completion_tokens"]]


@pytest.mark.settings(slots=1, max_wait_seconds=0.3)
async def test_a_wait_in_vain_is_in_the_line_and_counted(
    lines: Lines, service: Service, transport: Transport
) -> None:
    async with service.parts.gate.admitted(Need()):
        with pytest.raises(Refused):
            await transport.ask("Hi")
    (line,) = await lines.requests(1)
    assert line["outcome"] == "queue_timeout"
    assert line["queue_seconds"] >= 0.1
    (waits,) = service.parts.metrics.queue.collect()
    assert [each.value for each in waits.samples if each.name.endswith("_count")] == [1]


@pytest.mark.settings(max_wait_seconds=30, generation_timeout_seconds=300)
@pytest.mark.parametrize(
    ("sent", "taken"), [("20", 20), ("0.25", 0.25), ("331", 330), ("9" * 9, 330)]
)
async def test_deadline_of_the_caller_is_in_the_line_as_far_as_the_server_allows_it(
    lines: Lines, service: Service, sent: str, taken: float
) -> None:
    async with http(service) as client:
        await client.post(
            "/v1/completions", json={"prompt": "Hi"}, headers={"x-request-timeout": sent}
        )
    (line,) = await lines.requests(1)
    assert line["deadline_seconds"] == taken


@pytest.mark.settings(log_prompts=True)
async def test_texts_are_in_the_line_where_a_stage_wants_them_and_are_bounded(
    lines: Lines, service: Service, transport: Transport
) -> None:
    service.engine.pieces = ["Once", " upon", " a" * 900]
    await transport.ask("It began " + "long " * 200 + "ago.")
    service.engine.refusal = {"code": 400, "message": "no", "type": "invalid_request_error"}
    with pytest.raises(Refused):
        await transport.ask(CHAT)
    told, refused = await lines.requests(2)
    assert told["prompt"].endswith("long ago.")
    assert told["completion"].startswith("Once upon a")
    assert len(told["prompt"]) == len(told["completion"]) == 601
    assert refused["prompt"]
    assert "completion" not in refused
