"""What only gRPC's messages have: text that is JSON, the ends of streams, sizes, deadlines."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2

from service.engine.capabilities import Capabilities
from service.rpc import llm_service_pb2 as pb
from service.rpc.llm_service_pb2_grpc import LLMServiceStub
from service.sampling import Sampling
from tests.service.conftest import KEY, Service
from tests.service.over_grpc import rpc_details
from tests.soon import SOON

SENT = (("authorization", f"Bearer {KEY}"),)
HI = [pb.ChatMessage(role="user", content="Hi")]
WEATHER = pb.Tool(function=pb.Function(name="weather"))
# llama.cpp's samplers that few know, and what tells of the engine; over REST only.
NOT_OFFERED = {
    *("typical_p", "top_n_sigma", "xtc_probability", "xtc_threshold"),
    *("dynatemp_range", "dynatemp_exponent", "mirostat", "mirostat_tau", "mirostat_eta"),
    *("repeat_last_n", "dry_multiplier", "dry_base", "dry_allowed_length", "dry_penalty_last_n"),
    *("dry_sequence_breakers", "cache_prompt", "timings_per_token", "return_progress"),
}


@pytest.fixture
async def stub(service: Service) -> AsyncIterator[Any]:
    target = f"127.0.0.1:{service.ports.grpc}"
    async with grpc.aio.insecure_channel(target) as channel:
        yield LLMServiceStub(channel)  # type: ignore[no-untyped-call]  # generated


async def status_of(call: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    return refused.value


def fields_at_fault(error: grpc.aio.AioRpcError) -> list[str]:
    bad = error_details_pb2.BadRequest()
    assert any(detail.Unpack(bad) for detail in rpc_details(error))
    return [violation.field for violation in bad.field_violations]


def test_both_requests_have_all_sampling_fields_but_those_that_are_told() -> None:
    for request in (pb.GenerateTextRequest, pb.ChatRequest):
        assert set(Sampling.model_fields) - set(request.DESCRIPTOR.fields_by_name) == NOT_OFFERED


def test_sampling_fields_have_the_same_numbers_in_both_requests() -> None:
    text, chat = (
        {name: field.number for name, field in request.DESCRIPTOR.fields_by_name.items()}
        for request in (pb.GenerateTextRequest, pb.ChatRequest)
    )
    assert {name: chat[name] for name in text if name != "prompt"} == {
        name: number for name, number in text.items() if name != "prompt"
    }


@pytest.mark.parametrize(
    ("method", "request_"),
    [
        ("StreamGenerateText", pb.GenerateTextRequest(prompt="Hi")),
        ("StreamChat", pb.ChatRequest(messages=HI)),
    ],
)
async def test_last_message_has_reason_usage_and_model_as_older_clients_know_it(
    stub: Any, method: str, request_: Any
) -> None:
    *others, last = [m async for m in getattr(stub, method)(request_, metadata=SENT)]
    assert (last.finish_reason, last.model) == (pb.FINISH_REASON_STOP, "smollm2-135m-instruct")
    assert last.id.startswith(("cmpl-", "chatcmpl-"))
    assert last.created
    assert last.system_fingerprint.startswith("fp_")
    assert last.usage == pb.Usage(prompt_tokens=5, completion_tokens=2, total_tokens=7)
    assert len(others) == 2
    for message in others:
        assert not message.finish_reason
        assert not message.model
        assert (message.id, message.created, message.system_fingerprint) == ("", 0, "")
        assert not message.HasField("usage")


async def test_each_choice_has_its_end_and_the_last_message_of_all_the_usage(stub: Any) -> None:
    request = pb.ChatRequest(messages=HI, n=2)
    messages = [m async for m in stub.StreamChat(request, metadata=SENT)]
    ends = [(m.index, m.HasField("usage")) for m in messages if m.finish_reason]
    assert ends == [(0, False), (1, True)]
    assert messages[-1].usage.completion_tokens == 4


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (pb.ChatRequest(messages=HI, json_schema="{"), "json_schema"),
        (pb.ChatRequest(messages=HI, json_schema="[1]"), "json_schema"),
        (
            pb.ChatRequest(
                messages=HI, tools=[WEATHER, pb.Tool(function=pb.Function(parameters="x"))]
            ),
            "tools[1].function.parameters",
        ),
        (
            pb.ChatRequest(
                messages=HI,
                tools=[WEATHER],
                tool_choice=pb.ToolChoice(mode=9),  # type: ignore[arg-type]  # of another version
            ),
            "tool_choice.mode",
        ),
        (pb.ChatRequest(messages=HI, temperature=math.nan), "temperature"),
        (pb.ChatRequest(messages=HI, logit_bias={5: math.inf}), "logit_bias.5"),
        (pb.ChatRequest(messages=[pb.ChatMessage(content="Hi")]), "messages[0].role"),
    ],
)
async def test_value_that_json_has_no_room_for_is_refused_by_its_path(
    service: Service, stub: Any, request_: Any, field: str
) -> None:
    service.parts.engine.capabilities = Capabilities(tools=True)
    error = await status_of(stub.Chat(request_, metadata=SENT))
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert fields_at_fault(error) == [field]
    assert f"'{field}'" in (error.details() or "")
    assert service.engine.requests == []


async def test_every_field_at_fault_is_in_the_details(stub: Any) -> None:
    request = pb.GenerateTextRequest(prompt="", temperature=9, top_p=-1, stop=["a", ""])
    error = await status_of(stub.GenerateText(request, metadata=SENT))
    assert fields_at_fault(error) == ["temperature", "top_p", "stop[1]", "prompt"]


async def test_nothing_to_count_is_refused_by_name(stub: Any) -> None:
    error = await status_of(stub.CountTokens(pb.CountTokensRequest(), metadata=SENT))
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert fields_at_fault(error) == ["request"]


async def test_what_would_be_refused_is_not_counted(service: Service, stub: Any) -> None:
    wrong = pb.CountTokensRequest(chat=pb.ChatRequest(messages=HI, temperature=9))
    error = await status_of(stub.CountTokens(wrong, metadata=SENT))
    assert fields_at_fault(error) == ["temperature"]
    assert service.engine.requests == []


@pytest.mark.settings(context_tokens=512, max_output_tokens=64, slots=3)
async def test_model_says_what_requests_may_ask_of_it(service: Service, stub: Any) -> None:
    service.parts.engine.capabilities = Capabilities(tools=True, reasoning_effort=True)
    (model,) = (await stub.ListModels(pb.ListModelsRequest(), metadata=SENT)).models
    assert (model.context_tokens, model.max_output_tokens, model.max_choices) == (512, 64, 3)
    assert (model.tools, model.reasoning_effort) == (True, True)


async def test_answer_beyond_what_a_client_takes_is_streamed_or_taken_with_a_higher_limit(
    service: Service, stub: Any
) -> None:
    """Each end has its limit, and the message says whose it was."""
    piece = "x" * 900_000
    service.engine.pieces = [piece] * 3
    request = pb.GenerateTextRequest(prompt="Hi")
    error = await status_of(stub.GenerateText(request, metadata=SENT))
    assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "CLIENT: Received message larger than max" in (error.details() or "")
    streamed = [m async for m in stub.StreamGenerateText(request, metadata=SENT)]
    assert "".join(message.generated_text for message in streamed) == piece * 3
    more = [("grpc.max_receive_message_length", 16 << 20), ("grpc.use_local_subchannel_pool", 1)]
    target = f"127.0.0.1:{service.ports.grpc}"
    async with grpc.aio.insecure_channel(target, more) as channel:
        willing: Any = LLMServiceStub(channel)  # type: ignore[no-untyped-call]  # generated
        answer = await willing.GenerateText(request, metadata=SENT)
    assert answer.generated_text == piece * 3


@pytest.mark.parametrize("timeout", [0.0, -1.0, 1e-9])
async def test_no_time_left_ends_the_call_and_reaches_no_engine(
    service: Service, stub: Any, timeout: float
) -> None:
    request = pb.GenerateTextRequest(prompt="Hi")
    error = await status_of(stub.GenerateText(request, timeout=timeout, metadata=SENT))
    assert error.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    assert service.engine.requests == []


HEADERS, END_HEADERS = 0x1, 0x4
DATA, END_STREAM = 0x0, 0x1


@pytest.mark.parametrize("timeout", ["0S", "0n", "1n", "-1S", "soon"])
async def test_deadline_that_a_library_of_ours_would_not_send_reaches_no_engine(
    service: Service, timeout: str
) -> None:
    """Byte by byte, because libraries end such calls themselves, or let none be made."""
    reader, writer = await asyncio.open_connection("127.0.0.1", service.ports.grpc)
    message = pb.GenerateTextRequest(prompt="Hi").SerializeToString()
    body = b"\0" + len(message).to_bytes(4, "big") + message
    writer.write(
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        + frame(0x4, b"", flags=0, stream=0)
        + frame(HEADERS, call_headers(timeout), flags=END_HEADERS, stream=1)
        + frame(DATA, body, flags=END_STREAM, stream=1)
    )
    async with asyncio.timeout(SOON):
        while True:
            head = await reader.readexactly(9)
            await reader.readexactly(int.from_bytes(head[:3], "big"))
            if head[3] == HEADERS and head[4] & END_STREAM:
                break
    writer.close()
    assert service.engine.requests == []


def call_headers(timeout: str) -> bytes:
    """RFC 7541, section 6.2.2: literals, with nothing compressed."""
    named = {
        ":method": "POST",
        ":scheme": "http",
        ":path": "/LLMService/GenerateText",
        ":authority": "localhost",
        "te": "trailers",
        "content-type": "application/grpc",
        "authorization": f"Bearer {KEY}",
        "grpc-timeout": timeout,
    }
    return b"".join(
        b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
        for name, value in named.items()
    )


def frame(kind: int, payload: bytes, *, flags: int, stream: int) -> bytes:
    """RFC 9113, section 4.1."""
    head = len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big")
    return head + payload
