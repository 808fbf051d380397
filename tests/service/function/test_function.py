"""The function's process with the real model, under Lambda's Runtime API."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from service.errors import EngineUnavailable
from service.function.events import event_of_body, with_request_id
from service.function.instance import lost_the_engine
from tests.service.function.runtime_api import RuntimeApi, runtime_api
from tests.service.function.url_events import url_event

ROOT = Path(__file__).parents[3]
CHAT = {"messages": [{"role": "user", "content": "What is gravity?"}], "max_tokens": 8}
LONG = {"prompt": "Count from 1 to 1000: 1, 2, 3,", "max_tokens": 1000, "temperature": 0}
VARIABLES = {
    "LLM_REST_AUTH": "off",
    "LLM_GRPC_AUTH": "off",
    "LLM_ENGINE_THREADS": "1",
    "LLM_SLOTS": "1",
    "LLM_MAX_WAIT_SECONDS": "300",
}


@dataclass(frozen=True)
class Function:
    """A running function: its Runtime API and its process."""

    api: RuntimeApi
    process: psutil.Process

    def engine(self) -> psutil.Process:
        (child,) = self.process.children()
        return child


@contextmanager
def function_process(**variables: str) -> Iterator[Function]:
    """The function with these variables, started as its image starts it."""
    with runtime_api() as api:
        process = subprocess.Popen(
            [sys.executable, "-m", "awslambdaric", "service.function.entry.handler"],
            cwd=ROOT,
            env=os.environ
            | VARIABLES
            | variables
            | {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.port}"},
        )
        try:
            yield Function(api, psutil.Process(process.pid))
        finally:
            process.kill()
            process.wait()


def until(holds: Callable[[], bool], *, seconds: float = 10) -> None:
    started = time.monotonic()
    while not holds():
        assert time.monotonic() - started < seconds, f"not within {seconds} s"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def function() -> Iterator[Function]:
    """One for the tests of this file; each leaves it able to answer."""
    with function_process() as running:
        running.api.wait_until_initialised()
        yield running


def document(response: dict[str, Any]) -> Any:
    return json.loads(response["body"])


@pytest.mark.parametrize("encoded", [False, True])
def test_event_of_a_function_url_is_answered_by_the_model(
    function: Function, encoded: bool
) -> None:
    event = url_event("/v1/chat/completions", CHAT, encoded=encoded)
    response = function.api.invoke(event)
    assert response["statusCode"] == 200
    assert response["headers"]["content-type"] == "application/json"
    assert document(response)["choices"][0]["message"]["content"]


def test_chat_sent_directly_is_answered_with_the_document(function: Function) -> None:
    answer = function.api.invoke(CHAT)
    assert answer["object"] == "chat.completion"
    assert answer["usage"]["completion_tokens"] <= 8


def test_prompt_sent_directly_is_completed(function: Function) -> None:
    answer = function.api.invoke({"prompt": "The capital of France is", "max_tokens": 4})
    assert answer["object"] == "text_completion"
    assert answer["choices"][0]["text"]


def test_stream_is_refused_with_a_sentence(function: Function) -> None:
    response = function.api.invoke(url_event("/v1/chat/completions", CHAT | {"stream": True}))
    assert response["statusCode"] == 400
    error = document(response)["error"]
    assert (error["code"], error["param"]) == ("unsupported_value", "stream")
    assert "whole answers only" in error["message"]


def test_unknown_model_is_a_404_in_the_envelope(function: Function) -> None:
    response = function.api.invoke(url_event("/v1/chat/completions", CHAT | {"model": "gpt-9"}))
    assert response["statusCode"] == 404
    assert document(response)["error"]["code"] == "model_not_found"


def test_error_of_a_direct_invocation_is_its_answer(function: Function) -> None:
    answer = function.api.invoke(CHAT | {"model": "gpt-9"})
    assert answer["error"]["code"] == "model_not_found"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "missing_required_parameter"),
        ([], "invalid_type"),
        ("hello", "invalid_type"),
        (None, "invalid_type"),
        ({"prompt": 1}, "invalid_type"),
        (CHAT | {"prompt": "x"}, "unknown_parameter"),
    ],
)
def test_direct_invocation_with_another_body_says_what_is_wrong(
    function: Function, body: object, code: str
) -> None:
    assert function.api.invoke(body)["error"]["code"] == code


def test_other_routes_are_there(function: Function) -> None:
    listed = function.api.invoke(url_event("/v1/models", method="GET"))
    assert document(listed)["data"][0]["id"] == "smollm2-135m-instruct"


def test_other_apis_answer_whole_and_refuse_streams(function: Function) -> None:
    turns = {"messages": CHAT["messages"], "max_tokens": 4}
    for path, body in (("/v1/messages", turns), ("/v1/responses", {"input": "Hi"})):
        response = function.api.invoke(url_event(path, body | {"stream": False}))
        assert response["statusCode"] == 200, response["body"]
        refused = function.api.invoke(url_event(path, body | {"stream": True}))
        assert refused["statusCode"] == 400
        assert "whole answers only" in json.loads(refused["body"])["error"]["message"]
    asked = {"content": "What is gravity?"}
    tokens = json.loads(function.api.invoke(url_event("/tokenize", asked))["body"])["tokens"]
    counted = function.api.invoke(
        url_event("/v1/messages/count_tokens", {"messages": turns["messages"]})
    )
    assert json.loads(counted["body"])["input_tokens"] > len(tokens) > 0


def test_answer_carries_the_invocation_s_request_id(function: Function) -> None:
    invocation = function.api.invocation(url_event("/v1/chat/completions", CHAT))
    assert invocation.answer["headers"]["x-request-id"] == invocation.id


def test_deadline_that_passes_is_an_error_and_the_next_invocation_works(
    function: Function,
) -> None:
    assert function.api.invoke(LONG, seconds=3)["error"]["code"] == "deadline_exceeded"
    assert function.api.invoke(CHAT)["choices"]


def test_engine_that_died_between_invocations_is_started_again_within_the_next(
    function: Function,
) -> None:
    dead = function.engine()
    dead.kill()
    until(lambda: dead.status() == psutil.STATUS_ZOMBIE)  # until the function looks
    assert function.api.invoke(CHAT)["choices"]
    assert function.engine().pid != dead.pid


def test_engine_that_dies_at_work_is_asked_again_within_the_same_invocation(
    function: Function,
) -> None:
    dead = function.engine()
    idle = dead.cpu_times().user
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(function.api.invoke, LONG | {"max_tokens": 100})
        until(lambda: dead.cpu_times().user > idle + 0.2)
        dead.kill()
        assert answer.result()["usage"]["completion_tokens"] == 100
    assert function.engine().pid != dead.pid


def test_settings_that_are_wrong_end_the_init_phase_with_their_sentence() -> None:
    with function_process(LLM_SLOTS="none") as running:
        assert running.api.asked.wait(30)
        assert running.process.wait(10) != 0
    assert "LLM_SLOTS: got 'none'" in running.api.init_error["errorMessage"]


@pytest.mark.parametrize(
    ("body", "lost"),
    [
        ({"error": {"code": EngineUnavailable.code}}, True),
        ({"type": "error", "error": {"type": "overloaded_error", "message": ""}}, True),
        ({"error": {"code": "queue_full"}}, False),
        ({"status": "loading"}, False),  # the readiness route's 503, which is no error
    ],
)
def test_only_a_lost_engine_is_worth_asking_again(body: dict[str, Any], lost: bool) -> None:
    assert lost_the_engine({"statusCode": 503, "body": json.dumps(body)}) is lost


def test_id_of_the_sender_is_kept() -> None:
    event = with_request_id({"headers": {"X-Request-Id": "mine"}}, "lambda's")
    assert event["headers"] == {"x-request-id": "mine"}


def test_body_with_messages_asks_for_a_chat_whatever_else_it_has() -> None:
    event = event_of_body({"messages": [], "prompt": ""})
    assert event["requestContext"]["http"]["path"] == "/v1/chat/completions"
