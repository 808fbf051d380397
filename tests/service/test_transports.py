"""What REST and gRPC do alike, asked of both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tests.service.conftest import Service
from tests.service.transports import Refused, Transport, Turns, rest_transport, rpc_transport

CHAT: Turns = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Hello."},
    {"role": "user", "content": "Again"},
]


async def eventually(holds: Callable[[], bool]) -> None:
    """Returns when the condition holds; fails after two seconds, the bound for a freed slot."""
    async with asyncio.timeout(2):
        while not holds():  # noqa: ASYNC110  # what is watched has no event of its own
            await asyncio.sleep(0.01)


async def collect(transport: Transport, prompt: str = "Hi") -> str:
    return "".join([piece async for piece in transport.stream(prompt)])


async def collect_chat(transport: Transport) -> str:
    return "".join([piece async for piece in transport.stream_chat(CHAT)])


async def test_whole_answer_has_text_reason_and_usage(transport: Transport) -> None:
    answer = await transport.ask("Hi")
    assert (answer.text, answer.finish_reason, answer.total_tokens) == ("Hello world", "stop", 7)


async def test_answer_at_the_limit_says_length(service: Service, transport: Transport) -> None:
    service.engine.finish_reason = "length"
    assert (await transport.ask("Hi", max_tokens=2)).finish_reason == "length"


async def test_stream_arrives_in_pieces(transport: Transport) -> None:
    assert [piece async for piece in transport.stream("Hi")] == ["Hello", " world"]


async def test_sampling_reaches_the_engine(service: Service, transport: Transport) -> None:
    await transport.ask("Hi", max_tokens=3, temperature=0.5, top_p=0.25, seed=7, stop=["x"])
    sent = service.engine.requests[0]
    wanted = {"max_tokens": 3, "temperature": 0.5, "top_p": 0.25, "seed": 7, "stop": ["x"]}
    assert {name: sent[name] for name in wanted} == wanted


async def test_chat_reaches_the_engine_as_it_is_and_is_answered_whole(
    service: Service, transport: Transport
) -> None:
    answer = await transport.chat(CHAT)
    assert (answer.text, answer.finish_reason, answer.total_tokens) == ("Hello world", "stop", 7)
    assert service.engine.requests[0]["messages"] == CHAT


async def test_streamed_chat_arrives_in_pieces(transport: Transport) -> None:
    assert [piece async for piece in transport.stream_chat(CHAT)] == ["Hello", " world"]


@pytest.mark.parametrize("method", ["ask", "chat"])
async def test_penalties_reach_the_engine(
    service: Service, transport: Transport, method: str
) -> None:
    penalties = {"frequency_penalty": 0.5, "presence_penalty": -0.25}
    await (
        transport.ask("Hi", **penalties) if method == "ask" else transport.chat(CHAT, **penalties)
    )
    sent = service.engine.requests[0]
    assert {name: sent[name] for name in penalties} == penalties


async def test_chat_takes_the_sampling_that_a_prompt_takes(
    service: Service, transport: Transport
) -> None:
    wanted = {"max_tokens": 3, "temperature": 0.5, "top_p": 0.25, "seed": 7, "stop": ["x"]}
    await transport.chat(CHAT, **wanted)
    sent = service.engine.requests[0]
    assert {name: sent[name] for name in wanted} == wanted


@pytest.mark.parametrize(
    ("turns", "param"),
    [([], "messages"), ([{"role": "wizard", "content": "Hi"}], "messages[0].role")],
)
async def test_chat_that_breaks_a_rule_is_refused_by_name(
    transport: Transport, turns: Turns, param: str
) -> None:
    with pytest.raises(Refused, check=lambda error: error.code == "invalid_value") as refused:
        await transport.chat(turns)
    assert refused.value.param == param


async def test_client_that_leaves_a_chat_frees_its_slot(
    service: Service, transport: Transport
) -> None:
    service.engine.go.clear()
    leaving = asyncio.create_task(collect_chat(transport))
    await service.engine.wait_for_requests(1)
    leaving.cancel()
    await eventually(lambda: service.parts.gate.running == 0)


async def test_models_that_are_listed_can_be_asked_for(transport: Transport) -> None:
    (model,) = await transport.models()
    assert (await transport.chat(CHAT, model=model)).text == "Hello world"


@pytest.mark.parametrize("method", ["chat", "stream_chat", "models"])
async def test_every_method_asks_for_the_key(service: Service, method: str) -> None:
    async with (
        rest_transport(service.ports.http, key=None) as rest,
        rpc_transport(service.ports.grpc, key=None) as rpc,
    ):
        for transport in (rest, rpc):
            with pytest.raises(Refused, check=lambda error: error.code == "invalid_api_key"):
                await unauthenticated(transport, method)
    assert service.engine.requests == []


async def unauthenticated(transport: Transport, method: str) -> None:
    if method == "models":
        await transport.models()
    elif method == "chat":
        await transport.chat(CHAT)
    else:
        await collect_chat(transport)


async def test_engine_is_always_asked_to_stream_with_progress(
    service: Service, transport: Transport
) -> None:
    await transport.ask("Hi")
    assert service.engine.requests[0]["stream"] is True
    assert service.engine.requests[0]["return_progress"] is True


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 2_000_000_000}, "max_tokens"),
        ({"temperature": -1.0}, "temperature"),
        ({"temperature": 2.5}, "temperature"),
        ({"top_p": 5.0}, "top_p"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop"),
    ],
)
async def test_number_out_of_range_is_refused_by_name(
    transport: Transport, fields: dict[str, object], param: str
) -> None:
    with pytest.raises(Refused) as refused:
        await transport.ask("Hi", **fields)
    assert (refused.value.code, refused.value.param) == ("invalid_value", param)
    assert (await transport.ask("Hi")).text == "Hello world"


async def test_empty_prompt_is_refused(transport: Transport) -> None:
    with pytest.raises(Refused) as refused:
        await transport.ask("")
    assert refused.value.param == "prompt"


async def test_unknown_model_is_refused_with_the_one_served(transport: Transport) -> None:
    with pytest.raises(Refused, check=lambda error: error.code == "model_not_found") as refused:
        await transport.ask("Hi", model="gpt-none")
    assert "smollm2-135m-instruct" in refused.value.message


async def test_prompt_beyond_the_context_is_refused(service: Service, transport: Transport) -> None:
    service.engine.refusal = {
        "code": 400,
        "type": "exceed_context_size_error",
        "message": "too long",
        "n_prompt_tokens": 5001,
        "n_ctx": 2048,
    }
    with pytest.raises(Refused) as refused:
        await transport.ask("Hi")
    assert (refused.value.code, refused.value.param) == ("context_length_exceeded", "prompt")
    assert "5001" in refused.value.message
    assert "2048" in refused.value.message


async def test_what_the_engine_says_of_its_own_faults_stays_inside(
    service: Service, transport: Transport
) -> None:
    service.engine.refusal = {"code": 500, "type": "server_error", "message": "at 0xdeadbeef"}
    with pytest.raises(Refused) as refused:
        await transport.ask("Hi")
    assert refused.value.code == "internal_error"
    assert "0xdeadbeef" not in refused.value.message


@pytest.mark.parametrize("key", [None, "sk-wrong"])
async def test_missing_or_wrong_key_is_refused(service: Service, key: str | None) -> None:
    async with rest_transport(service.ports.http, key=key) as rest:
        with pytest.raises(Refused, check=lambda error: error.code == "invalid_api_key"):
            await rest.ask("Hi")
    async with rpc_transport(service.ports.grpc, key=key) as rpc:
        with pytest.raises(Refused, check=lambda error: error.code == "invalid_api_key"):
            await rpc.ask("Hi")
    assert service.engine.requests == []


@pytest.mark.settings(slots=1, max_waiting=1)
async def test_full_queue_refuses_with_retry_after(service: Service, transport: Transport) -> None:
    service.engine.go.clear()
    running = asyncio.create_task(transport.ask("first"))
    await service.engine.wait_for_requests(1)
    waiting = asyncio.create_task(transport.ask("second"))
    await eventually(lambda: service.parts.gate.waiting == 1)
    with pytest.raises(Refused) as refused:
        await transport.ask("third")
    assert refused.value.code == "queue_full"
    assert refused.value.retry_after_seconds
    service.engine.go.set()
    assert (await running).text == (await waiting).text == "Hello world"


@pytest.mark.settings(slots=1, max_waiting=4)
async def test_engine_never_gets_more_than_its_slots(
    service: Service, transport: Transport
) -> None:
    service.engine.go.clear()
    asked = [asyncio.create_task(transport.ask(f"{number}")) for number in range(4)]
    await eventually(lambda: service.parts.gate.waiting == 3)
    service.engine.go.set()
    assert [(await task).text for task in asked] == ["Hello world"] * 4
    assert service.engine.most_open == 1
    assert sorted(sent["prompt"] for sent in service.engine.requests) == ["0", "1", "2", "3"]


@pytest.mark.settings(slots=1, max_waiting=1, max_wait_seconds=0.05)
async def test_waiting_too_long_is_refused_with_retry_after(
    service: Service, transport: Transport
) -> None:
    service.engine.go.clear()
    running = asyncio.create_task(transport.ask("first"))
    await service.engine.wait_for_requests(1)
    with pytest.raises(Refused) as refused:
        await transport.ask("second")
    assert refused.value.code == "queue_timeout"
    assert refused.value.retry_after_seconds
    service.engine.go.set()
    await running


@pytest.mark.parametrize("streamed", [True, False])
async def test_client_that_leaves_frees_its_slot(
    service: Service, transport: Transport, streamed: bool
) -> None:
    service.engine.go.clear()
    call = collect(transport) if streamed else transport.ask("Hi")
    leaving = asyncio.create_task(call)
    await service.engine.wait_for_requests(1)
    leaving.cancel()
    await eventually(lambda: service.parts.gate.running == 0)
    await asyncio.wait_for(service.engine.left.wait(), 2)


@pytest.mark.settings(slots=1, max_waiting=1)
async def test_client_that_leaves_the_queue_frees_its_place(
    service: Service, transport: Transport
) -> None:
    service.engine.go.clear()
    running = asyncio.create_task(transport.ask("first"))
    await service.engine.wait_for_requests(1)
    leaving = asyncio.create_task(transport.ask("second"))
    await eventually(lambda: service.parts.gate.waiting == 1)
    leaving.cancel()
    await eventually(lambda: service.parts.gate.waiting == 0)
    service.engine.go.set()
    await running
    assert len(service.engine.requests) == 1


async def test_engine_that_dies_mid_answer_is_a_clean_error(
    service: Service, transport: Transport
) -> None:
    service.engine.dies_after = 1
    with pytest.raises(Refused, check=lambda error: error.code == "engine_unavailable"):
        await collect(transport)
    with pytest.raises(Refused, check=lambda error: error.code == "engine_unavailable"):
        await transport.ask("Hi")
    assert service.parts.gate.running == 0


@pytest.mark.settings(max_wait_seconds=0.05)
async def test_engine_that_is_not_ready_is_waited_for_and_then_unavailable(
    service: Service, transport: Transport
) -> None:
    service.parts.health.set_engine_ready(False)
    with pytest.raises(Refused) as refused:
        await transport.ask("Hi")
    assert refused.value.code == "engine_unavailable"
    assert refused.value.retry_after_seconds


async def test_engine_that_becomes_ready_serves_who_waited(
    service: Service, transport: Transport
) -> None:
    service.parts.health.set_engine_ready(False)
    asked = asyncio.create_task(transport.ask("Hi"))
    await eventually(lambda: service.parts.gate.running == 1)
    service.parts.health.set_engine_ready(True)
    assert (await asked).text == "Hello world"


@pytest.mark.settings(generation_timeout_seconds=0.05)
async def test_generation_beyond_the_longest_ends_with_deadline_exceeded(
    service: Service, transport: Transport
) -> None:
    service.engine.go.clear()
    with pytest.raises(Refused, check=lambda error: error.code == "deadline_exceeded"):
        await transport.ask("Hi")
    assert service.parts.gate.running == 0


async def test_closed_gate_refuses_new_work_and_finishes_what_runs(
    service: Service, transport: Transport
) -> None:
    service.engine.go.clear()
    running = asyncio.create_task(transport.ask("Hi"))
    await service.engine.wait_for_requests(1)
    service.parts.gate.close()
    with pytest.raises(Refused) as refused:
        await transport.ask("late")
    assert refused.value.code == "draining"
    assert refused.value.retry_after_seconds
    service.engine.go.set()
    assert (await running).text == "Hello world"
    await asyncio.wait_for(service.parts.gate.drained(), 2)


async def code_of_the_end(transport: Transport) -> str:
    with pytest.raises(Refused) as refused:
        await collect(transport)
    return refused.value.code


async def test_spent_drain_budget_ends_the_rest_with_a_clean_error(
    service: Service, transport: Transport
) -> None:
    service.engine.go.clear()
    running = asyncio.create_task(transport.ask("Hi"))
    await service.engine.wait_for_requests(1)
    service.parts.inference.cancel_all()
    with pytest.raises(Refused, check=lambda error: error.code == "draining"):
        await running


@pytest.mark.settings(slots=8)
async def test_spent_drain_budget_ends_streams_in_full_flow_with_a_clean_error(
    service: Service, transport: Transport
) -> None:
    service.engine.endless = True
    streams = [asyncio.create_task(code_of_the_end(transport)) for _ in range(8)]
    await service.engine.wait_for_requests(8)
    await eventually(lambda: service.engine.written > 8 * 20)  # all in the middle of their writes
    service.parts.inference.cancel_all()
    async with asyncio.timeout(5):
        assert await asyncio.gather(*streams) == ["draining"] * 8


@pytest.mark.settings(slots=8, generation_timeout_seconds=0.2)
async def test_streams_in_full_flow_end_at_the_longest_generation(
    service: Service, transport: Transport
) -> None:
    service.engine.endless = True
    async with asyncio.timeout(5):
        codes = await asyncio.gather(*(code_of_the_end(transport) for _ in range(8)))
    assert codes == ["deadline_exceeded"] * 8


async def test_client_that_leaves_while_it_is_answered_frees_its_slot(
    service: Service, transport: Transport
) -> None:
    service.engine.endless = True
    leaving = asyncio.create_task(collect(transport))
    await service.engine.wait_for_requests(1)
    await eventually(lambda: service.engine.written > 20)  # well into the answer
    leaving.cancel()
    await eventually(lambda: service.parts.gate.running == 0)
    await asyncio.wait_for(service.engine.left.wait(), 2)


@pytest.mark.settings(context_tokens=64)
async def test_text_that_cannot_fit_is_refused_before_the_engine_counts_its_tokens(
    service: Service, transport: Transport
) -> None:
    with pytest.raises(Refused, check=lambda error: error.code == "context_length_exceeded"):
        await transport.ask("x" * 65 * 64)
    assert service.engine.requests == []


async def test_long_model_name_is_not_sent_back_whole(transport: Transport) -> None:
    with pytest.raises(Refused, check=lambda error: error.code == "model_not_found") as refused:
        await transport.ask("Hi", model="m" * 10_000)
    assert len(refused.value.message) < 200


async def test_key_is_checked_before_anything_else(service: Service) -> None:
    async with rest_transport(service.ports.http, key=None) as rest:
        with pytest.raises(Refused, check=lambda error: error.code == "invalid_api_key"):
            await rest.ask("Hi", temperature=9.0)
    async with rpc_transport(service.ports.grpc, key=None) as rpc:
        with pytest.raises(Refused, check=lambda error: error.code == "invalid_api_key"):
            await rpc.ask("Hi", temperature=9.0)
