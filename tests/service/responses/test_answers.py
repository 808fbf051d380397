"""OpenAI's Responses API: what its client reads, streamed or not."""

from __future__ import annotations

import json
from typing import Any

import httpx
import openai
from pydantic import TypeAdapter

from service.rest.responses import documents
from tests.service.conftest import Service
from tests.service.responses.asking import CALL, MODEL, WEATHER, ask, streamed, without_names


async def test_response_fits_openai_s_sdk(sdk: openai.AsyncOpenAI) -> None:
    answer = await sdk.responses.create(
        model=MODEL, input="Hi", instructions="Be brief.", metadata={"a": "b"}, temperature=0.5
    )
    assert answer.output_text == "Hello world"
    assert (answer.status, answer.error, answer.incomplete_details) == ("completed", None, None)
    assert (answer.instructions, answer.metadata) == ("Be brief.", {"a": "b"})
    assert (answer.temperature, answer.to_dict()["store"]) == (0.5, False)
    assert answer.usage is not None
    assert (answer.usage.input_tokens, answer.usage.total_tokens) == (5, 7)


async def test_whether_calls_may_be_parallel_is_said_without_tools_too(
    sdk: openai.AsyncOpenAI,
) -> None:
    """As every answer of this API says it, so that one may be sent back."""
    for parallel in (True, False):
        answer = await sdk.responses.create(model=MODEL, input="Hi", parallel_tool_calls=parallel)
        assert answer.parallel_tool_calls is parallel


async def test_stream_ends_with_the_whole_response(sdk: openai.AsyncOpenAI) -> None:
    events = await streamed(sdk)
    assert [event.type for event in events] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    last = events[-1]
    assert last.type == "response.completed"
    whole = await sdk.responses.create(model=MODEL, input="Hi")
    assert without_names(last.response) == without_names(whole)


async def test_helper_of_the_sdk_puts_a_stream_together(
    service: Service, sdk: openai.AsyncOpenAI
) -> None:
    service.engine.deltas = [{"content": "I look."}, *CALL]
    service.engine.finish_reason = "tool_calls"
    async with sdk.responses.stream(model=MODEL, input="Hi", tools=[WEATHER]) as stream:
        answer = await stream.get_final_response()
    assert answer.output_text == "I look."
    assert [item.type for item in answer.output] == ["message", "function_call"]


async def test_thoughts_text_and_calls_are_items_streamed_or_not(
    service: Service, sdk: openai.AsyncOpenAI
) -> None:
    second = {"index": 1, "id": "c2", "function": {"name": "time", "arguments": "{}"}}
    service.engine.deltas = [
        {"reasoning_content": "hm"},
        {"content": "I look."},
        *CALL,
        {"tool_calls": [second]},
    ]
    service.engine.finish_reason = "tool_calls"
    whole = await sdk.responses.create(model=MODEL, input="Hi", tools=[WEATHER])
    last = (await streamed(sdk, tools=[WEATHER]))[-1]
    assert last.type == "response.completed"
    assert without_names(last.response) == without_names(whole)
    thoughts, message, first_call, second_call = without_names(whole)["output"]
    assert thoughts["content"] == [{"type": "reasoning_text", "text": "hm"}]
    assert message["content"][0]["text"] == "I look."
    assert (first_call["call_id"], first_call["arguments"]) == ("c1", '{"city": "Rome"}')
    assert (second_call["call_id"], second_call["name"]) == ("c2", "time")
    assert whole.usage is not None
    assert whole.usage.output_tokens_details.reasoning_tokens == 1


async def test_answers_and_events_are_of_the_types_that_the_document_tells(
    service: Service, client: httpx.AsyncClient
) -> None:
    service.engine.deltas = [{"reasoning_content": "hm"}, {"content": "I look."}, *CALL]
    TypeAdapter(documents.Response).validate_json((await ask(client)).content)
    for event in (await ask(client, stream=True)).text.strip().split("\n\n"):
        TypeAdapter(documents.Event).validate_json(event.split("\ndata: ")[1])


async def test_answer_cut_off_at_the_limit_is_incomplete(
    service: Service, sdk: openai.AsyncOpenAI
) -> None:
    service.engine.finish_reason = "length"
    answer = await sdk.responses.create(model=MODEL, input="Hi", max_output_tokens=2)
    assert answer.status == "incomplete"
    assert answer.incomplete_details is not None
    assert answer.incomplete_details.reason == "max_output_tokens"
    assert (await streamed(sdk))[-1].type == "response.incomplete"
    assert service.engine.requests[0]["max_tokens"] == 2


async def test_log_probabilities_come_with_the_text(
    service: Service, sdk: openai.AsyncOpenAI
) -> None:
    answer = await sdk.responses.create(
        model=MODEL, input="Hi", include=["message.output_text.logprobs"], top_logprobs=1
    )
    text: Any = answer.output[0].to_dict()["content"]
    hello = {"token": "Hello", "logprob": -0.5, "bytes": list(b"Hello")}
    assert text[0]["logprobs"][0] == hello | {"top_logprobs": [hello]}
    (asked,) = service.engine.requests
    assert asked["n_probs"] == 1


async def test_log_probabilities_are_those_of_the_text(
    service: Service, client: httpx.AsyncClient
) -> None:
    service.engine.pieces = ["", "He", "", "llo", ""]
    (item,) = (await ask(client, top_logprobs=1)).json()["output"]
    assert [entry["token"] for entry in item["content"][0]["logprobs"]] == ["He", "llo"]
    told = (await ask(client, top_logprobs=1, stream=True)).text.strip().split("\n\n")
    found = [json.loads(event.split("\n")[1].removeprefix("data: ")) for event in told]
    deltas = [event["logprobs"] for event in found if "delta" in event]
    assert [len(logprobs) for logprobs in deltas] == [1, 1]
    (done,) = (event for event in found if event["type"] == "response.output_text.done")
    assert len(done["logprobs"]) == 2


async def test_events_are_named_as_their_types(client: httpx.AsyncClient) -> None:
    for event in (await ask(client, stream=True)).text.strip().split("\n\n"):
        name, data = event.split("\n")
        assert name == f"event: {json.loads(data.removeprefix('data: '))['type']}"


async def test_input_tokens_are_counted(service: Service, sdk: openai.AsyncOpenAI) -> None:
    service.engine.answers["/v1/chat/completions/input_tokens"] = {"input_tokens": 42}
    counted = await sdk.responses.input_tokens.count(model=MODEL, input="Hi")
    assert counted.input_tokens == 42
