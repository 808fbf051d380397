"""What a model with tools answers, where no SDK's own view of it matters."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.other_clients.conftest import KEY
from tests.other_clients.questions import CALL, CAPITAL, FUNCTION
from tests.service.process import ServiceProcess

Json = dict[str, Any]

TOOL: Json = {"type": "function", "function": FUNCTION}
CHAT = "/v1/chat/completions"


@pytest.fixture(scope="module")
def client(service: ServiceProcess) -> Iterator[httpx.Client]:
    headers = {"authorization": f"Bearer {KEY}"}
    with httpx.Client(base_url=service.url, headers=headers, timeout=60) as client:
        yield client


def asked(text: str, **options: Any) -> Json:
    question = {"role": "user", "content": text}
    return {"messages": [question], "tools": [TOOL], "max_tokens": 24, "temperature": 0} | options


def choice(client: httpx.Client, body: Json) -> Json:
    answer = client.post(CHAT, json=body)
    assert answer.status_code == 200, answer.text
    (found,) = answer.json()["choices"]
    return dict(found)


def streamed(client: httpx.Client, body: Json) -> list[Json]:
    """The choices of the chunks."""
    with client.stream("POST", CHAT, json=body | {"stream": True}) as answer:
        assert answer.status_code == 200
        lines = [line.removeprefix("data: ") for line in answer.iter_lines() if "choices" in line]
    return [each for line in lines for each in json.loads(line)["choices"]]


def test_text_beside_tools_has_log_probabilities_whole_and_streamed(client: httpx.Client) -> None:
    body = asked(CAPITAL, logprobs=True, top_logprobs=1)
    whole = choice(client, body)
    tokens = [entry["token"] for entry in whole["logprobs"]["content"]]
    assert "".join(tokens) == whole["message"]["content"] != ""
    told = [each["logprobs"]["content"] for each in streamed(client, body) if each["logprobs"]]
    assert [entry["token"] for entries in told for entry in entries] == tokens


def test_call_has_no_log_probabilities(client: httpx.Client) -> None:
    called = choice(client, asked(CALL, logprobs=True, max_tokens=60))
    assert called["message"]["tool_calls"]
    assert called["logprobs"] is None


def test_call_without_arguments_may_be_sent_back(client: httpx.Client) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": ""}}
    body = asked("How is the weather?", max_tokens=2)
    body["messages"] += [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "Sunny."},
    ]
    assert choice(client, body)["finish_reason"]


NAMED: Json = {"type": "function", "function": {"name": FUNCTION["name"]}}
TIME: Json = {"type": "function", "function": {"name": "get_time"}}


@pytest.mark.parametrize("options", [{"tool_choice": NAMED}, {"tool_choice": "required"}])
def test_call_that_must_be_made_is_made_at_once(client: httpx.Client, options: Json) -> None:
    """This small model would write text instead, and end at the stop sequence."""
    body = asked("How is the weather in Paris?", tools=[TOOL, TIME], max_tokens=60, **options)
    found = choice(client, body | {"stop": ["Paris", "weather"], "logprobs": True})
    (call,) = found["message"]["tool_calls"]
    assert (found["message"]["content"], found["finish_reason"]) == (None, "tool_calls")
    assert call["function"]["name"] in (FUNCTION["name"], "get_time")
    assert set(json.loads(call["function"]["arguments"])) <= set(FUNCTION["parameters"]["required"])


def test_several_calls_that_must_be_made_come_one_by_one(client: httpx.Client) -> None:
    tools = [TOOL, TIME]
    body = asked("The weather in Paris and in Rome?", tools=tools, parallel_tool_calls=True)
    chunks = streamed(client, body | {"tool_choice": "required", "max_tokens": 120})
    parts = [part for each in chunks for part in each["delta"].get("tool_calls", ())]
    names = {part["index"]: part["function"]["name"] for part in parts if "id" in part}
    assert names
    assert set(names.values()) <= {FUNCTION["name"], "get_time"}
    assert chunks[-1]["finish_reason"] in ("tool_calls", "length")


def test_parameters_that_refer_to_each_other_hold_in_a_call_that_must_be_made(
    client: httpx.Client,
) -> None:
    city = {"type": "object", "properties": {"name": {"enum": ["Rome"]}}, "required": ["name"]}
    form = {"type": "object", "properties": {"city": {"$ref": "#/$defs/city"}}}
    parameters = form | {"required": ["city"], "$defs": {"city": city}}
    tool = {"type": "function", "function": {"name": "look", "parameters": parameters}}
    found = choice(client, asked("Look!", tools=[tool], tool_choice="required", max_tokens=60))
    (call,) = found["message"]["tool_calls"]
    assert json.loads(call["function"]["arguments"])["city"]["name"] == "Rome"
