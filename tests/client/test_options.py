"""What the client sends and what it makes of the answers: the service, its engine scripted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from llm_on_ecs import Choice, InvalidRequest, Message, ToolCall, Unavailable, Usage
from service.engine.capabilities import Capabilities
from tests.client.faces import CHAT, KINDS, Face, face, read
from tests.service.conftest import KEY, Service, running_service
from tests.service.scripted_engine import ScriptedEngine
from tests.service.transports import eventually

WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}},
}
CALLED: list[dict[str, Any]] = [
    {"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "weather", "arguments": "{"}}]},
    {"tool_calls": [{"index": 0, "function": {"arguments": "}"}}]},
]
CALL = ToolCall("c1", "weather", "{}")
OPTIONS: dict[str, Any] = {
    "max_tokens": 3,
    "n": 2,
    "temperature": 0.5,
    "top_p": 0.25,
    "seed": 7,
    "frequency_penalty": 0.5,
    "presence_penalty": -0.5,
    "logit_bias": {5: -1.5},
    "top_k": 40,
    "min_p": 0.125,
    "repeat_penalty": 1.25,
    "ignore_eos": True,
    "json_schema": {"properties": {"b": {}, "a": {}}},
}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with running_service(tmp_path, ScriptedEngine(), slots=2, max_waiting=1) as running:
        running.parts.engine.capabilities = Capabilities(tools=True)
        yield running


@pytest.fixture(params=["rest", "grpc"])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@asynccontextmanager
async def asking(kind: str, transport: str, service: Service, **more: Any) -> AsyncIterator[Face]:
    port = service.ports.http if transport == "rest" else service.ports.grpc
    scheme = "http" if transport == "rest" else "grpc"
    async with face(kind, f"{scheme}://127.0.0.1:{port}", api_key=KEY, **more) as client:
        yield client


@pytest.fixture(params=KINDS)
async def client(
    request: pytest.FixtureRequest, transport: str, service: Service
) -> AsyncIterator[Face]:
    async with asking(request.param, transport, service) as client:
        yield client


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("chat", [False, True], ids=["prompt", "chat"])
async def test_option_reaches_the_engine(
    service: Service, client: Face, option: str, chat: bool
) -> None:
    given = {option: OPTIONS[option]}
    await (client.chat(CHAT, **given) if chat else client.generate("Hi", **given))
    wanted = {"5": -1.5} if option == "logit_bias" else OPTIONS[option]
    assert service.engine.requests[0][option] == wanted


async def test_stop_text_ends_the_answer(client: Face) -> None:
    assert (await client.generate("Hi", stop=["wor"])).text == "Hello "


async def test_grammar_reaches_the_engine(service: Service, client: Face) -> None:
    await client.generate("Hi", grammar='root ::= "a"')
    assert service.engine.requests[0]["grammar"] == 'root ::= "a"'


async def test_several_answers_are_choices_and_the_first_is_the_answers_own(client: Face) -> None:
    answer = await client.generate("Hi", n=2)
    assert answer.choices == (Choice("Hello world", "stop"), Choice("Hello world", "stop"))
    assert (answer.text, answer.finish_reason, answer.usage) == ("Hello world", "stop", Usage(5, 4))


async def test_stream_of_several_answers_is_refused_before_it_is_sent(
    service: Service, client: Face
) -> None:
    with pytest.raises(ValueError, match="a stream has one answer: got n=2"):
        client.stream("Hi", n=2)
    assert service.engine.requests == []


@pytest.mark.parametrize(
    ("choice", "sent"),
    # To the engine a call that must be made is a form of the answer.
    [("auto", "auto"), ({"type": "function", "function": {"name": "weather"}}, "none")],
    ids=["mode", "function"],
)
async def test_tools_and_the_choice_reach_the_engine(
    service: Service, client: Face, choice: Any, sent: str
) -> None:
    await client.chat(CHAT, tools=[WEATHER], tool_choice=choice)
    assert service.engine.requests[0]["tools"] == [WEATHER]
    assert service.engine.requests[0]["tool_choice"] == sent


async def test_call_of_a_tool_is_answered_by_a_turn_after_the_answers_own(
    service: Service, client: Face
) -> None:
    service.engine.deltas, service.engine.finish_reason = CALLED, "tool_calls"
    answer = await client.chat(CHAT, tools=[WEATHER])
    assert (answer.finish_reason, answer.tool_calls) == ("tool_calls", (CALL,))
    reply: Message = {"role": "tool", "tool_call_id": "c1", "content": "Rain."}
    await client.chat([*CHAT, answer.message, reply], tools=[WEATHER])
    _, asked, replied = service.engine.requests[1]["messages"]
    assert asked["tool_calls"][0]["function"] == {"name": "weather", "arguments": "{}"}
    assert replied == reply


async def test_streamed_call_of_a_tool_is_whole_in_the_end(service: Service, client: Face) -> None:
    service.engine.deltas, service.engine.finish_reason = CALLED, "tool_calls"
    stream = client.stream(CHAT, tools=[WEATHER])
    chunks = await read(stream)
    assert [part.arguments for chunk in chunks for part in chunk.tool_calls] == ["{", "}"]
    assert (stream.tool_calls, chunks[-1].usage) == ((CALL,), Usage(5, 2))


async def test_what_the_model_thinks_is_beside_its_text(service: Service, client: Face) -> None:
    service.engine.deltas = [{"reasoning_content": "Hm."}, {"content": "Hi."}]
    answer = await client.chat(CHAT)
    assert answer.choices == (Choice("Hi.", "stop", (), "Hm."),)
    chunks = await read(client.stream(CHAT))
    assert "".join(chunk.reasoning for chunk in chunks) == "Hm."
    assert "".join(chunk.text for chunk in chunks) == "Hi."


async def test_tokens_are_counted_without_an_answer(service: Service, client: Face) -> None:
    service.engine.answers["/tokenize"] = {"tokens": [7, 8, 9]}
    service.engine.answers["/v1/chat/completions/input_tokens"] = {"input_tokens": 41}
    assert await client.count_tokens("Hi", model="smollm2-135m-instruct") == 3
    assert await client.count_tokens(CHAT, tools=[WEATHER]) == 41
    assert service.engine.requests[1]["tools"] == [WEATHER]


async def test_what_no_transport_can_carry_is_a_wrong_request(
    service: Service, client: Face
) -> None:
    with pytest.raises(InvalidRequest):
        await client.generate("Hi", tools=[WEATHER])  # of a chat only
    with pytest.raises(InvalidRequest):
        await client.chat(CHAT, tools=[{"type": "web_search"}])
    assert service.engine.requests == []


@pytest.mark.parametrize("kind", KINDS)
async def test_endpoint_knows_the_deadline_and_refuses_what_it_cannot_meet(
    service: Service, transport: str, kind: str
) -> None:
    async with asking(kind, transport, service, max_retries=0) as client:
        await client.generate("measured")
        service.parts.gate._usual_seconds = 5.0
        service.engine.go.clear()
        running = [asyncio.create_task(client.generate("first")) for _ in range(2)]
        await eventually(lambda: service.parts.gate.running == 2)
        with pytest.raises(Unavailable, check=lambda error: error.code == "queue_too_long"):
            await client.generate("second", timeout=2)
        service.engine.go.set()
        await asyncio.gather(*running)
