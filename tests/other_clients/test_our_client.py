"""Our own client, over both transports, where the model has a place for tools."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from llm_on_ecs import LLMClient, Message
from tests.other_clients.conftest import KEY
from tests.other_clients.questions import ARGUMENTS, CALL, FUNCTION
from tests.service.process import ServiceProcess

TOOL: dict[str, Any] = {"type": "function", "function": FUNCTION}
CHOICES = ["required", {"type": "function", "function": {"name": FUNCTION["name"]}}]
ASKED: list[Message] = [{"role": "user", "content": CALL}]


@pytest.fixture(params=["rest", "grpc"])
def client(request: pytest.FixtureRequest, service: ServiceProcess) -> Iterator[LLMClient]:
    url = service.url if request.param == "rest" else f"grpc://127.0.0.1:{service.grpc_port}"
    with LLMClient(url, api_key=KEY, timeout=60) as client:
        yield client


@pytest.mark.parametrize("choice", CHOICES, ids=["mode", "function"])
def test_model_calls_a_tool_whole_and_in_a_stream(client: LLMClient, choice: Any) -> None:
    options: Any = {"tools": [TOOL], "tool_choice": choice, "max_tokens": 64, "temperature": 0}
    answer = client.chat(ASKED, **options)
    assert answer.finish_reason == "tool_calls"
    assert json.loads(answer.tool_calls[0].arguments) == ARGUMENTS
    with client.stream(ASKED, **options) as stream:
        assert sum(len(chunk.tool_calls) for chunk in stream) > 4  # it comes in pieces
    assert stream.finish_reason == "tool_calls"
    told = [(call.name, call.arguments) for call in answer.tool_calls]
    assert [(call.name, call.arguments) for call in stream.tool_calls] == told


def test_answer_of_a_tool_is_read_after_the_call(client: LLMClient) -> None:
    options: Any = {"tools": [TOOL], "max_tokens": 64, "temperature": 0}
    called = client.chat(ASKED, tool_choice="required", **options)
    replies: list[Message] = [
        {"role": "tool", "tool_call_id": call.id, "content": "Rain."} for call in called.tool_calls
    ]
    turns = [*ASKED, called.message, *replies]
    answer = client.chat(turns, tool_choice="none", **options)
    assert answer.finish_reason in ("stop", "length")
    assert answer.usage.prompt_tokens > called.usage.prompt_tokens


def test_tools_are_part_of_what_is_counted(client: LLMClient) -> None:
    counted = client.count_tokens(ASKED, tools=[TOOL])
    assert counted > client.count_tokens(ASKED)
    assert counted == client.chat(ASKED, tools=[TOOL], max_tokens=1).usage.prompt_tokens
