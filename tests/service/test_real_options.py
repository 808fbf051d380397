"""What the options of a request do to the real model's answers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.service.process import service_process

Json = dict[str, Any]

CAPITAL = "The capital of France is"
SHORT: Json = {"messages": [{"role": "user", "content": "Hi"}], "temperature": 0}


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with service_process(LLM_REST_AUTH="off", LLM_SLOTS="2") as service:
        service.wait_until_ready()
        with httpx.Client(base_url=service.url, timeout=60) as client:
            yield client


def text(client: httpx.Client, prompt: str, **options: Any) -> str:
    asked = {"prompt": prompt, "max_tokens": 12, "temperature": 0} | options
    answer = client.post("/v1/completions", json=asked)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["choices"][0]["text"])


def chat(client: httpx.Client, **options: Any) -> Json:
    answer = client.post("/v1/chat/completions", json=SHORT | options)
    assert answer.status_code == 200, answer.text
    (choice,) = answer.json()["choices"]
    return dict(choice)


def test_biased_token_is_not_said_or_said_alone(client: httpx.Client) -> None:
    (paris,) = client.post("/tokenize", json={"content": " Paris"}).json()["tokens"]
    assert text(client, CAPITAL).startswith(" Paris")
    assert "Paris" not in text(client, CAPITAL, logit_bias={str(paris): -100})
    assert text(client, "Once", logit_bias={str(paris): 100}, max_tokens=3) == " Paris" * 3


@pytest.mark.parametrize(
    "penalty", [{"frequency_penalty": 2}, {"presence_penalty": 2}, {"repeat_penalty": 2}]
)
def test_penalty_makes_a_repetition_rarer(client: httpx.Client, penalty: Json) -> None:
    def most_often(**options: Any) -> int:
        said = text(client, "One two one two one two one two", **options).split()
        return max(Counter(said).values())

    assert most_often(**penalty) < most_often()


def test_min_p_of_one_leaves_the_likeliest_token_however_hot(client: httpx.Client) -> None:
    assert text(client, CAPITAL, temperature=2, min_p=1) == text(client, CAPITAL)


def test_answer_goes_on_to_the_limit_where_its_end_is_ignored(client: httpx.Client) -> None:
    assert chat(client, max_tokens=16)["finish_reason"] == "stop"
    assert chat(client, max_tokens=16, ignore_eos=True)["finish_reason"] == "length"


def test_timings_come_with_each_token_of_a_stream(client: httpx.Client) -> None:
    asked = SHORT | {"max_tokens": 4, "ignore_eos": True, "timings_per_token": True}
    answer = client.post("/v1/chat/completions", json=asked | {"stream": True})
    lines = [line.removeprefix("data: ") for line in answer.text.split("\n\n")[:-2]]
    told = [event["timings"]["predicted_n"] for event in map(json.loads, lines)]
    assert told == [1, 1, 2, 3, 4, 4]  # the role with the first token, the end with the last


def test_answer_fits_a_grammar(client: httpx.Client) -> None:
    grammar = 'root ::= "never" | "always"'
    choice = chat(client, grammar=grammar)
    assert choice["message"]["content"] in ("never", "always")
    assert choice["finish_reason"] == "stop"
    assert text(client, CAPITAL, grammar=grammar) in ("never", "always")
