"""What streams promise holds where the real engine guesses tokens ahead, and it does guess."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import grpc
import httpx
import pytest

from service.rpc import llm_service_pb2 as pb
from service.rpc.llm_service_pb2_grpc import LLMServiceStub
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
        LLM_GRPC_AUTH="off",
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
    told = client.post("/v1/completions", json=body(**options, stream=True, timings_per_token=True))
    lines = [line.removeprefix("data: ") for line in told.text.split("\n\n")[:-2]]
    timings = [event["timings"] for event in map(json.loads, lines) if event.get("timings")]
    return int(timings[-1].get("draft_n_accepted", 0))


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
    assert text(client, **sampled) == text(client, **sampled)
    assert guessed(client, **sampled)


def test_answer_has_the_form_that_was_asked_for(client: httpx.Client) -> None:
    said = text(client, grammar='root ::= ("The ferry" | " leaves" | " the old" | " pier")+')
    assert set(said.split()) <= {"The", "ferry", "leaves", "the", "old", "pier"}


async def test_all_slots_guess_at_once(service: ServiceProcess, plain_text: str) -> None:
    async with httpx.AsyncClient(base_url=service.url, timeout=60) as client:
        asked = [client.post("/v1/completions", json=body()) for _ in range(3 * SLOTS)]
        answers = await asyncio.gather(*asked)
    said = [each.json()["choices"][0]["text"] for each in answers]
    assert all(each.startswith(plain_text[: len(plain_text) // 2]) for each in said)
    assert service.gauge("llm_engine_restarts_total") == 0


async def test_client_that_leaves_frees_its_slot(service: ServiceProcess) -> None:
    async with httpx.AsyncClient(base_url=service.url, timeout=60) as client:
        asking = asyncio.create_task(client.post("/v1/completions", json=body(max_tokens=1000)))
        await asyncio.to_thread(service.wait_for_gauge, "llm_requests_running", 1)
        await asyncio.sleep(0.3)
        assert not asking.done()
        asking.cancel()
    service.wait_for_idle_engine(seconds=2)


@pytest.mark.parametrize(
    ("path", "asked", "param"),
    [
        ("/v1/completions", {"prompt": "Hi", "logprobs": 0}, "logprobs"),
        ("/v1/chat/completions", {"logprobs": True}, "logprobs"),
        ("/v1/responses", {"input": "Hi", "top_logprobs": 2}, "top_logprobs"),
        (
            "/v1/responses",
            {"input": "Hi", "include": ["message.output_text.logprobs"]},
            "include",
        ),
    ],
)
def test_log_probabilities_are_refused(
    client: httpx.Client, path: str, asked: Json, param: str
) -> None:
    turns = [{"role": "user", "content": "Hi"}]
    sent = {"messages": turns} | asked if path.endswith("chat/completions") else asked
    refused = client.post(path, json=sent)
    assert refused.status_code == 400, refused.text
    error = refused.json()["error"]
    assert (error["code"], error["param"]) == ("model_not_supported", param)
    assert "speculation.draft_tokens" in error["message"]


@pytest.mark.parametrize("method", ["GenerateText", "Chat"])
def test_log_probabilities_are_refused_over_grpc(service: ServiceProcess, method: str) -> None:
    asked = {
        "GenerateText": pb.GenerateTextRequest(prompt="Hi", top_logprobs=0),
        "Chat": pb.ChatRequest(
            messages=[pb.ChatMessage(role="user", content="Hi")], top_logprobs=0
        ),
    }[method]
    with grpc.insecure_channel(f"127.0.0.1:{service.grpc_port}") as channel:
        ask = getattr(LLMServiceStub(channel), method)  # type: ignore[no-untyped-call]
        with pytest.raises(grpc.RpcError) as refused:
            ask(asked, timeout=30)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "'top_logprobs'" in str(refused.value.details())
