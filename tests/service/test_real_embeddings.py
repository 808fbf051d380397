"""Vectors of the real engine: of the bundled model, and of one that makes nothing else."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest

from tests.service.encoder import WIDTH, write_encoder
from tests.service.process import ServiceProcess, service_process

Vector = np.ndarray[Any, Any]
CAT, KITTEN = "A cat sat on the mat.", "A kitten rested on the rug."
PROFITS = "Quarterly profits rose by ten percent."


@pytest.fixture(scope="module", params=["mean", "last"])
def bundled(request: pytest.FixtureRequest) -> Iterator[ServiceProcess]:
    """The bundled model, which was made for text, and has no better vectors than it has."""
    with service_process(
        LLM_REST_AUTH="off",
        LLM_EMBEDDINGS=request.param,
        LLM_BATCH_TOKENS="128",
        LLM_CONTEXT_TOKENS="512",
        LLM_SLOTS="2",
    ) as service:
        service.wait_until_ready()
        yield service


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    model = write_encoder(tmp_path_factory.mktemp("encoder") / "encoder.gguf")
    with service_process(
        LLM_REST_AUTH="off",
        LLM_EMBEDDINGS="model",
        LLM_MODEL_PATH=str(model),
        LLM_BATCH_TOKENS="127",
        LLM_CONTEXT_TOKENS="128",
        LLM_MAX_OUTPUT_TOKENS="16",
        LLM_SLOTS="2",
    ) as service:
        service.wait_until_ready()
        yield service


def embed(service: ServiceProcess, **fields: Any) -> httpx.Response:
    return httpx.post(f"{service.url}/v1/embeddings", json=fields, timeout=60)


def vectors(service: ServiceProcess, *texts: str) -> list[Vector]:
    data = embed(service, input=texts).json()["data"]
    return [np.array(each["embedding"]) for each in data]


def test_vectors_of_like_texts_are_nearer(bundled: ServiceProcess) -> None:
    cat, kitten, profits = vectors(bundled, CAT, KITTEN, PROFITS)
    assert np.linalg.norm(cat) == pytest.approx(1, abs=1e-4)
    assert cat @ kitten > cat @ profits


def test_base64_is_the_same_vector(bundled: ServiceProcess) -> None:
    (numbers,) = vectors(bundled, CAT)
    told = embed(bundled, input=CAT, encoding_format="base64").json()["data"][0]["embedding"]
    packed = np.frombuffer(base64.b64decode(told), dtype="<f4")
    np.testing.assert_allclose(packed, numbers, atol=1e-6)


def test_tokens_have_the_vector_of_their_text(bundled: ServiceProcess) -> None:
    asked = {"content": CAT, "add_special": True}
    tokens = httpx.post(f"{bundled.url}/tokenize", json=asked).json()["tokens"]
    answer = embed(bundled, input=tokens).json()
    np.testing.assert_allclose(answer["data"][0]["embedding"], vectors(bundled, CAT)[0], atol=1e-3)
    assert answer["usage"]["prompt_tokens"] == len(tokens)


def test_too_long_a_text_is_refused_as_that(bundled: ServiceProcess) -> None:
    answer = embed(bundled, input="word " * 600)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "context_length_exceeded"


def test_text_is_generated_as_well(bundled: ServiceProcess) -> None:
    asked = {"prompt": "The capital of France is", "max_tokens": 8, "temperature": 0}
    answer = httpx.post(f"{bundled.url}/v1/completions", json=asked, timeout=60).json()
    assert "Paris" in answer["choices"][0]["text"]


def test_encoder_is_ready_makes_vectors_and_no_text(encoder: ServiceProcess) -> None:
    cat, dog = vectors(encoder, "the cat", "the dog")
    assert cat.shape == (WIDTH,)
    assert not np.allclose(cat, dog)
    for path, asked in (
        ("/v1/completions", {"prompt": "the cat"}),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": "the cat"}]}),
    ):
        answer = httpx.post(encoder.url + path, json=asked, timeout=60)
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == "model_not_supported"
