"""What the fuzz takes for a chat with answered calls is one, and the same in each notation."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.generation import GenerationRequest
from service.rest.bodies import ChatBody
from service.rest.messages.body import MessagesBody
from service.rest.responses.body import ResponsesBody
from service.rpc import llm_service_pb2 as pb
from service.rpc.requests import generation_request
from service.turns import check_turns
from tests.fuzz import rpc_inputs
from tests.fuzz.bodies import bodies
from tests.fuzz.conversations import (
    Conversation,
    as_blocks,
    as_chat,
    as_items,
    as_rpc,
    conversations,
)


@settings(deadline=None, database=None, derandomize=True)
@given(conversations())
def test_a_conversation_is_right_and_the_same_in_every_notation(asked: Conversation) -> None:
    requests: list[GenerationRequest] = [
        ChatBody.model_validate({"messages": as_chat(asked)}).to_request(),
        ResponsesBody.model_validate({"input": as_items(asked)}).to_request(),
        MessagesBody.model_validate({"messages": as_blocks(asked), "max_tokens": 1}).to_request(),
        generation_request(pb.ChatRequest(messages=as_rpc(asked))),
    ]
    (first, *others) = [request.prompt for request in requests]
    assert isinstance(first, tuple)
    check_turns(first, param="messages")
    assert others == [first] * 3


def share(inputs: st.SearchStrategy[Any], mark: str) -> float:
    """Of the inputs in which this is written."""
    found: list[bool] = []

    @settings(
        max_examples=300,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(inputs)
    def look(sent: Any) -> None:
        found.append(mark in str(sent))

    look()
    return sum(found) / len(found)


def test_many_of_the_inputs_are_such_chats() -> None:
    asked = bodies(formats=True)
    assert share(asked["/v1/chat/completions"], "tool_call_id") > 0.3
    assert share(asked["/v1/responses"], "function_call_output") > 0.2
    assert share(asked["/v1/messages"], "tool_result") > 0.3
    chat = rpc_inputs.SERVICE.methods_by_name["Chat"].input_type
    assert share(rpc_inputs.messages(chat, formats=True), "tool_call_id") > 0.3
