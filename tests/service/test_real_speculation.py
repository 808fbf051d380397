"""What streams promise holds where the real engine guesses tokens ahead, and it does guess."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.service.leaving import FREE_SECONDS, wait_until_engine_is_idle
from tests.service.process import ServiceProcess, service_process

Json = dict[str, Any]

SLOTS = 8
DRAFT_TOKENS = 7  # as many as have room in a batch of 64
LINE = "The ferry leaves the old harbour at seven, and nobody on the pier waves to it."
REPEATS = f"{LINE}\n" * 4  # and the model goes on so
TOKENS = 48


@pytest.fixture(scope="module")
def service() -> Iterator[ServiceProcess]:
    with service_process(
        LLM_REST_AUTH="off",
        LLM_SLOTS=str(SLOTS),
        LLM_DRAFT_TOKENS=str(DRAFT_TOKENS),
    ) as service:
        service.wait_until_ready()
        yield service


@pytest.fixture(scope="module")
def client(service: ServiceProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.url, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def plain_text() -> str:
    """What the engine says that guesses nothing."""
    with service_process(LLM_REST_AUTH="off", LLM_SLOTS="1") as service:
        service.wait_until_ready()
        with httpx.Client(base_url=service.url, timeout=60) as client:
            return str(answer(client)["choices"][0]["text"])


def body(**options: Any) -> Json:
    return {"prompt": REPEATS, "max_tokens": TOKENS, "temperature": 0, "ignore_eos": True} | options


def answer(client: httpx.Client, **options: Any) -> Json:
    answered = client.post("/v1/completions", json=body(**options))
    assert answered.status_code == 200, answered.text
    return dict(answered.json())


def text(client: httpx.Client, **options: Any) -> str:
    return str(answer(client, **options)["choices"][0]["text"])


def guessed(client: httpx.Client, **options: Any) -> int:
    """How many of an answer's tokens were guessed before they were computed."""
    return accepted(answer(client, **options, timings_per_token=True))


def accepted(answer: Json) -> int:
    return int(answer["timings"].get("draft_n_accepted", 0))


def test_text_is_what_it_is_without_and_much_of_it_is_guessed(
    client: httpx.Client, plain_text: str
) -> None:
    assert text(client) == plain_text
    assert guessed(client) > TOKENS / 2


def test_answer_is_as_long_as_was_asked_for(client: httpx.Client) -> None:
    for tokens in (1, 2, 9, TOKENS):
        assert answer(client, max_tokens=tokens)["usage"]["completion_tokens"] == tokens


def test_stream_comes_token_by_token_and_whole(client: httpx.Client, plain_text: str) -> None:
    told = client.post("/v1/completions", json=body(stream=True)).text
    events = [json.loads(line.removeprefix("data: ")) for line in told.split("\n\n")[:-2]]
    pieces = [choice["text"] for event in events for choice in event["choices"]]
    assert "".join(pieces) == plain_text
    assert len(pieces) >= TOKENS


def test_stop_sequence_in_the_middle_of_a_guess_ends_the_answer(
    client: httpx.Client, plain_text: str
) -> None:
    before, stop, _ = plain_text.partition(" pier")
    assert stop
    stopped = answer(client, stop=stop)
    assert stopped["choices"][0]["text"] == before
    assert stopped["choices"][0]["finish_reason"] == "stop"
    assert stopped["usage"]["completion_tokens"] < TOKENS / 2


def test_sampled_answer_comes_again_with_its_seed(client: httpx.Client) -> None:
    sampled = {"temperature": 0.6, "seed": 7}
    text(client)  # from here on the slot has the prompt: its rounding is the same each time
    assert text(client, **sampled) == text(client, **sampled)
    assert guessed(client, **sampled)


def test_answer_has_the_form_that_was_asked_for(client: httpx.Client) -> None:
    capitals = "root ::= [A-Z ,.\\n]+"
    said = text(client, prompt=REPEATS.upper(), grammar=capitals)
    assert re.fullmatch(r"[A-Z ,.\n]+", said)
    assert guessed(client, prompt=REPEATS.upper(), grammar=capitals)


async def test_all_slots_guess_at_once(service: ServiceProcess, plain_text: str) -> None:
    async with httpx.AsyncClient(base_url=service.url, timeout=60) as client:
        asked = body(timings_per_token=True)
        posts = [client.post("/v1/completions", json=asked) for _ in range(3 * SLOTS)]
        answers = [each.json() for each in await asyncio.gather(*posts)]
    for each in answers:
        assert each["choices"][0]["text"].startswith(plain_text[: len(plain_text) // 2])
        assert accepted(each) > TOKENS / 2
    assert service.gauge("llm_engine_restarts_total") == 0


async def test_client_that_leaves_frees_its_slot(service: ServiceProcess) -> None:
    async with httpx.AsyncClient(base_url=service.url, timeout=60) as client:
        asked = body(max_tokens=1000, stream=True)
        async with client.stream("POST", "/v1/completions", json=asked) as answer:
            pieces = answer.aiter_text()
            for _ in range(20):  # by then it guesses
                await anext(pieces)
    wait_until_engine_is_idle(service, seconds=FREE_SECONDS)
