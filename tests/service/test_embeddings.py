"""OpenAI's embeddings: what reaches the engine, what comes back, and who makes none."""

from __future__ import annotations

from typing import Any

import httpx
import openai
import pytest

from tests.service.conftest import KEY, Service
from tests.service.transports import eventually

MODEL = "smollm2-135m-instruct"
VECTOR = {
    "data": [{"object": "embedding", "index": 0, "embedding": [0.5, -0.5]}],
    "usage": {"prompt_tokens": 3, "total_tokens": 3},
}
embeds = pytest.mark.settings(embeddings="mean")


@pytest.fixture(autouse=True)
def vector(service: Service) -> None:
    service.engine.answers["/v1/embeddings"] = VECTOR


async def ask(client: httpx.AsyncClient, **fields: Any) -> httpx.Response:
    return await client.post("/v1/embeddings", json={"input": "Hi"} | fields)


async def test_model_that_makes_none_says_who_does(
    service: Service, client: httpx.AsyncClient
) -> None:
    answer = await ask(client)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], error["param"]) == ("model_not_supported", "model")
    assert "engine.embeddings" in error["message"]
    assert service.engine.requests == []


@embeds
async def test_each_input_is_a_question_of_its_own(
    service: Service, client: httpx.AsyncClient
) -> None:
    answer = (await ask(client, input=["a", "b"])).json()
    asked = {"encoding_format": "float"}
    assert service.engine.requests == [{"input": "a"} | asked, {"input": "b"} | asked]
    assert [vector["index"] for vector in answer["data"]] == [0, 1]
    assert answer["usage"] == {"prompt_tokens": 6, "total_tokens": 6}
    assert answer["model"] == MODEL


@embeds
@pytest.mark.parametrize(
    ("sent", "inputs"),
    [("a", ["a"]), ([1, 2], [[1, 2]]), ([[1], [2, 3]], [[1], [2, 3]])],
)
async def test_text_or_tokens_one_or_several(
    service: Service, client: httpx.AsyncClient, sent: object, inputs: list[object]
) -> None:
    assert (await ask(client, input=sent)).status_code == 200
    assert [asked["input"] for asked in service.engine.requests] == inputs


@embeds
@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"input": ""}, "input"),
        ({"input": []}, "input"),
        ({"input": ["a", ""]}, "input[1]"),
        ({"input": ["a"] * 2049}, "input"),
        ({"input": [-1]}, "input[0]"),
        ({"input": "x" * 200_000}, "input"),
        ({"dimensions": 5}, "dimensions"),
        ({"encoding_format": "hex"}, "encoding_format"),
        ({"pooling": "none"}, "pooling"),
    ],
)
async def test_what_cannot_be_honoured_is_refused(
    service: Service, client: httpx.AsyncClient, fields: dict[str, Any], param: str
) -> None:
    answer = await ask(client, **fields)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param
    assert service.engine.requests == []


@embeds
async def test_text_that_fits_no_batch_is_too_long(
    service: Service, client: httpx.AsyncClient
) -> None:
    service.engine.refusal = {
        "code": 500,
        "type": "server_error",
        "message": "input (601 tokens) is too large to process. increase the physical batch size "
        "(current batch size: 256)",
    }
    error = (await ask(client)).json()["error"]
    assert error["code"] == "context_length_exceeded"
    assert error["message"] == (
        "This endpoint makes vectors of texts of at most 256 tokens, and one of these has 601; "
        "shorten it, or send it in parts."
    )


@embeds
async def test_prompt_tokens_are_counted(service: Service, client: httpx.AsyncClient) -> None:
    await ask(client, input=["a", "b"])
    labels = {"route": "/v1/embeddings", "model": MODEL}
    registry = service.parts.metrics.registry
    await eventually(lambda: registry.get_sample_value("llm_prompt_tokens_total", labels) == 6)


@embeds
async def test_vectors_fit_openai_s_sdk(service: Service, client: httpx.AsyncClient) -> None:
    url = f"http://127.0.0.1:{service.ports.http}/v1"
    async with openai.AsyncOpenAI(
        base_url=url, api_key=KEY, _strict_response_validation=True
    ) as sdk:
        answer = await sdk.embeddings.create(model=MODEL, input="a", encoding_format="float")
    assert answer.data[0].embedding == [0.5, -0.5]


async def test_model_that_makes_vectors_only_refuses_a_chat(
    service: Service, client: httpx.AsyncClient
) -> None:
    service.engine.refusal = {
        "code": 500,
        "type": "server_error",
        "message": "the current context does not support logits computation. skipping",
    }
    answer = await client.post("/v1/completions", json={"prompt": "Hi"})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "model_not_supported"
