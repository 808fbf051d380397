"""A service that is used and misused with texts that are known, and all that it logs: no text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import grpc
import httpx
import pytest

from service.rpc import llm_service_pb2 as pb
from service.rpc.llm_service_pb2_grpc import LLMServiceStub
from tests.service.process import ServiceProcess, service_process

MARK = "zyzzyva"  # no word that the model says of itself, and in no program
ANSWER = "ryrrvyvak"
SAYS_IT: dict[str, Any] = {"grammar": f'root ::= "{ANSWER}"', "max_tokens": 8}
SCHEMA = {"type": "object", "properties": {MARK: {"type": MARK}}}
TOOL = {"type": "function", "function": {"name": MARK, "description": MARK, "parameters": SCHEMA}}
CHAT = [{"role": "user", "content": MARK}]
COMPLETIONS: list[dict[str, Any]] = [
    {"prompt": MARK} | SAYS_IT,
    {"prompt": MARK, "stream": True} | SAYS_IT,
    {"prompt": [MARK, MARK], "max_tokens": 1},
    {"prompt": MARK * 8000},
    {"prompt": MARK, "temperature": MARK},
    {"prompt": MARK, MARK: MARK},
    {"prompt": MARK, "model": MARK},
    {"prompt": MARK, "grammar": f"root ::= {MARK} ("},
    {"prompt": MARK, "json_schema": SCHEMA},
    {"prompt": MARK, "stop": [MARK], "logit_bias": {MARK: 1}, "user": MARK},
    {"prompt": {MARK: MARK}},
]
CHATS: list[dict[str, Any]] = [
    {"messages": CHAT} | SAYS_IT,
    {"messages": CHAT, "stream": True} | SAYS_IT,
    {"messages": [{"role": MARK, "content": MARK}]},
    {"messages": [{"role": "user", "content": [{"type": MARK, MARK: MARK}]}]},
    {"messages": [{"role": "assistant", "content": MARK}] * 3, "max_tokens": 1},
    {"messages": CHAT, "tools": [TOOL], "tool_choice": "required", "max_tokens": 4},
    {
        "messages": CHAT,
        "max_tokens": 1,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": MARK, "schema": SCHEMA},
        },
    },
]
OTHERS: list[tuple[str, dict[str, Any]]] = [
    ("/v1/messages", {"messages": CHAT, "max_tokens": 1, "model": "m", "system": MARK}),
    ("/v1/messages", {"messages": MARK}),
    ("/v1/messages/count_tokens", {"messages": CHAT, "model": "m"}),
    ("/v1/responses", {"input": MARK, "max_output_tokens": 1}),
    ("/v1/responses", {"input": [{"role": MARK, "content": MARK}]}),
    ("/tokenize", {"content": MARK}),
    ("/detokenize", {"tokens": [MARK]}),
    ("/v1/embeddings", {"input": MARK}),
    (f"/v1/{MARK}", {MARK: MARK}),
    ("/metrics", {MARK: MARK}),
]


@pytest.fixture
def service() -> Iterator[ServiceProcess]:
    with service_process(LLM_REST_AUTH="off", LLM_LOG_LEVEL="DEBUG") as service:
        service.wait_until_ready()
        yield service


def over_rest(service: ServiceProcess) -> str:
    """All kinds of bodies that are right, wrong, and no JSON; what was answered."""
    told = []
    with httpx.Client(base_url=service.url, timeout=60) as client:
        for path, bodies in (("/v1/completions", COMPLETIONS), ("/v1/chat/completions", CHATS)):
            told += [client.post(path, json=body).text for body in bodies]
            told.append(client.post(path, content=MARK.encode()).text)
        told += [client.post(path, json=body).text for path, body in OTHERS]
        told.append(client.get(f"/v1/models/{MARK}", params={MARK: MARK}).text)
    return "".join(told)


def over_grpc(service: ServiceProcess) -> str:
    turn = pb.ChatMessage(role="user", content=MARK)
    odd = pb.ChatMessage(role=MARK, content=MARK)
    long = pb.GenerateTextRequest(prompt=MARK * 8000)
    told = []
    with grpc.insecure_channel(f"127.0.0.1:{service.grpc_port}") as channel:
        stub = LLMServiceStub(channel)  # type: ignore[no-untyped-call]  # generated
        raw: Any = channel.unary_unary("/LLMService/Chat")  # type: ignore[call-arg]  # of bytes
        for call, request in (
            (stub.GenerateText, pb.GenerateTextRequest(prompt=MARK, **SAYS_IT)),
            (stub.GenerateText, pb.GenerateTextRequest(prompt=MARK, model=MARK)),
            (stub.GenerateText, pb.GenerateTextRequest(prompt=MARK, grammar=f"root ::= {MARK} (")),
            (stub.GenerateText, long),
            (stub.Chat, pb.ChatRequest(messages=[turn], **SAYS_IT)),
            (stub.Chat, pb.ChatRequest(messages=[odd])),
            (raw, f"{MARK} is no message".encode()),
        ):
            try:
                told.append(str(call(request, timeout=60)))
            except grpc.RpcError as error:
                told.append(str(error))
        pieces = stub.StreamChat(pb.ChatRequest(messages=[turn], **SAYS_IT), timeout=60)
        told += [str(piece) for piece in pieces]
    return "".join(told)


def test_no_prompt_and_no_completion_is_in_the_log_or_the_metrics(service: ServiceProcess) -> None:
    answered = over_rest(service) + over_grpc(service)
    metrics = httpx.get(f"{service.url}/metrics").text
    assert service.terminate() == 0
    service.wait_for_end_of_output()
    logged = json.dumps(service.logs)
    assert MARK in answered
    assert ANSWER in answered
    for seen in ("context_length_exceeded", "model_not_found", "invalid_value", "unknown_url"):
        assert f'"outcome": "{seen}"' in logged
    for said in (logged, metrics, json.dumps(service.metrics)):
        assert MARK not in said.lower()
        assert ANSWER not in said.lower()
