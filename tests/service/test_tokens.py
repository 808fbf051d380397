"""What passes through to the engine and generates nothing: tokens of a text, and back."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from service.engine.capabilities import Capabilities
from tests.service.conftest import Service
from tests.service.transports import eventually


async def test_tokenize_answers_what_the_engine_says(
    service: Service, client: httpx.AsyncClient
) -> None:
    service.engine.answers["/tokenize"] = {"tokens": [1, 2]}
    answer = await client.post("/tokenize", json={"content": "Hi", "add_special": True})
    assert answer.json() == {"tokens": [1, 2]}
    assert service.engine.requests == [
        {"content": "Hi", "add_special": True, "parse_special": True, "with_pieces": False}
    ]


async def test_detokenize_answers_what_the_engine_says(
    service: Service, client: httpx.AsyncClient
) -> None:
    service.engine.answers["/detokenize"] = {"content": "Hi"}
    answer = await client.post("/detokenize", json={"tokens": [1, 2]})
    assert answer.json() == {"content": "Hi"}
    assert service.engine.requests == [{"tokens": [1, 2]}]


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("/tokenize", {}, "content"),
        ("/tokenize", {"content": 5}, "content"),
        ("/tokenize", {"content": "Hi", "id_slot": 1}, "id_slot"),
        ("/tokenize", {"content": "Hi", "model": "other"}, "model"),
        ("/tokenize", {"content": "x" * 200_000}, "content"),
        ("/detokenize", {"tokens": "Hi"}, "tokens"),
        ("/detokenize", {"tokens": [-1]}, "tokens[0]"),
        ("/detokenize", {"tokens": [1.5]}, "tokens[0]"),
    ],
)
async def test_wrong_question_never_reaches_the_engine(
    service: Service, client: httpx.AsyncClient, path: str, body: object, param: str
) -> None:
    answer = await client.post(path, json=body)
    assert answer.status_code in {400, 404}
    assert answer.json()["error"]["param"] == param
    assert service.engine.requests == []


async def test_token_beyond_the_vocabulary_is_refused(
    service: Service, client: httpx.AsyncClient
) -> None:
    service.parts.engine.capabilities = Capabilities(vocabulary_tokens=10)
    answer = await client.post("/detokenize", json={"tokens": [3, 10]})
    assert answer.status_code == 400
    assert "has 10, from 0 on" in answer.json()["error"]["message"]


async def test_no_key_is_401(service: Service, client: httpx.AsyncClient) -> None:
    answer = await client.post("/tokenize", json={"content": "Hi"}, headers={"authorization": ""})
    assert answer.status_code == 401


@pytest.mark.settings(slots=1, max_waiting=0)
async def test_tokenize_waits_for_a_slot_as_everything_does(
    service: Service, client: httpx.AsyncClient
) -> None:
    service.engine.go.clear()
    service.engine.answers["/tokenize"] = {"tokens": []}
    first = asyncio.create_task(client.post("/tokenize", json={"content": "Hi"}))
    await service.engine.wait_for_requests(1)
    refused = await client.post("/tokenize", json={"content": "Hi"})
    assert refused.status_code == 503
    assert refused.json()["error"]["code"] == "queue_full"
    service.engine.go.set()
    assert (await first).status_code == 200


async def test_client_that_leaves_gives_its_slot_back(
    service: Service, client: httpx.AsyncClient
) -> None:
    service.engine.go.clear()
    asking = asyncio.create_task(client.post("/tokenize", json={"content": "Hi"}))
    await service.engine.wait_for_requests(1)
    asking.cancel()
    await eventually(lambda: service.parts.gate.running == 0)


async def test_what_the_engine_refuses_is_a_refusal(
    service: Service, client: httpx.AsyncClient
) -> None:
    service.engine.refusal = {"code": 400, "message": "no", "type": "invalid_request_error"}
    answer = await client.post("/tokenize", json={"content": "Hi"})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "content"


async def test_it_is_no_measure_of_how_long_others_wait(
    service: Service, client: httpx.AsyncClient
) -> None:
    before = service.parts.gate.retry_after_seconds()
    service.engine.answers["/tokenize"] = {"tokens": []}
    for _ in range(20):
        await client.post("/tokenize", json={"content": "Hi"})
    assert service.parts.gate.retry_after_seconds() == before
