"""The requests of service/llm_service.proto, as what the inference path speaks."""

from __future__ import annotations

from typing import Any, TypeVar

import orjson
from pydantic import Field, ValidationError

from service.chat_turns import MESSAGES_AT_MOST, Messages
from service.errors import InvalidRequest
from service.generation import Effort, FieldNames, GenerationRequest
from service.json_types import EndUser
from service.rpc import llm_service_pb2 as pb
from service.sampling import ALTERNATIVES_AT_MOST, Sampling
from service.tools import TOOLS_AT_MOST, ToolOptions
from service.violations import invalid_request

Request = pb.GenerateTextRequest | pb.ChatRequest
Json = dict[str, Any]
# A megabyte has room for 100,000, which took 1.2 s on the loop that all requests share (measured).
CALLS_IN_ALL_AT_MOST = 4096
FieldsT = TypeVar("FieldsT", bound="Fields")

SCALARS = tuple(
    name
    for name, field in pb.GenerateTextRequest.DESCRIPTOR.fields_by_name.items()
    if field.has_presence
)
MODES = {pb.ToolChoice.AUTO: "auto", pb.ToolChoice.NONE: "none", pb.ToolChoice.REQUIRED: "required"}


class Fields(Sampling):
    """A request's fields as one schema, so that all violations are found."""

    top_logprobs: int | None = Field(None, ge=0, le=ALTERNATIVES_AT_MOST)
    user: EndUser | None = None

    def to_sampling(self) -> Sampling:
        return Sampling.of(self)


class TextFields(Fields):
    prompt: str = Field(min_length=1)


class ChatFields(Fields, ToolOptions):
    messages: Messages
    reasoning_effort: Effort | None = None


def generation_request(request: Request) -> GenerationRequest:
    """Raises InvalidRequest that names the fields and the rules."""
    if isinstance(request, pb.ChatRequest):
        return chat_request(request)
    asked = validated(TextFields, fields(request) | {"prompt": request.prompt})
    return GenerationRequest(
        prompt=asked.prompt,
        sampling=asked.to_sampling(),
        model=request.model or None,
        alternatives=asked.top_logprobs,
        names=FieldNames("prompt", logprobs="top_logprobs"),
    )


def chat_request(request: pb.ChatRequest) -> GenerationRequest:
    asked = validated(ChatFields, fields(request) | chat_fields(request))
    return GenerationRequest(
        prompt=tuple(turn.to_message() for turn in asked.messages),
        sampling=asked.to_sampling(),
        model=request.model or None,
        tools=asked.to_tools(),
        alternatives=asked.top_logprobs,
        names=FieldNames("messages", logprobs="top_logprobs"),
        reasoning_effort=asked.reasoning_effort,
    )


def request_to_count(request: pb.CountTokensRequest) -> Request:
    """Raises InvalidRequest where there is none."""
    match request.WhichOneof("request"):
        case "generate_text":
            return request.generate_text
        case "chat":
            return request.chat
        case _:
            raise InvalidRequest.of_field("request", "set generate_text or chat")


def validated(schema: type[FieldsT], fields: Json) -> FieldsT:
    try:
        return schema.model_validate(fields)
    except ValidationError as wrong:
        raise invalid_request(wrong) from None


def fields(request: Request) -> Json:
    """What was sent, by the names of our schema."""
    sent: Json = {name: getattr(request, name) for name in SCALARS if request.HasField(name)}
    sent["stop"] = list(request.stop) or None
    sent["logit_bias"] = {str(token): bias for token, bias in request.logit_bias.items()} or None
    sent["grammar"] = request.grammar or None
    sent["user"] = request.user or None
    sent["json_schema"] = parsed(request.json_schema, "json_schema")
    return sent


def chat_fields(request: pb.ChatRequest) -> Json:
    """Of lists that are too long no more than shows that."""
    turns, tools = request.messages[: MESSAGES_AT_MOST + 1], request.tools[: TOOLS_AT_MOST + 1]
    if sum(len(turn.tool_calls) for turn in turns) > CALLS_IN_ALL_AT_MOST:
        rule = f"there are more than {CALLS_IN_ALL_AT_MOST} calls in all"
        raise InvalidRequest.of_field("messages", rule)
    return {
        "messages": [turn_fields(turn) for turn in turns],
        "tools": [tool_fields(tool, f"tools[{i}]") for i, tool in enumerate(tools)] or None,
        "tool_choice": choice(request.tool_choice),
        "parallel_tool_calls": (
            request.parallel_tool_calls if request.HasField("parallel_tool_calls") else None
        ),
        "reasoning_effort": request.reasoning_effort or None,
    }


def turn_fields(turn: pb.ChatMessage) -> Json:
    """Without what is empty, which is how a message says that it is not there."""
    sent: Json = {"role": turn.role}
    if turn.content or not turn.tool_calls:
        sent["content"] = turn.content
    if turn.name:
        sent["name"] = turn.name
    if turn.tool_call_id:
        sent["tool_call_id"] = turn.tool_call_id
    if turn.tool_calls:
        sent["tool_calls"] = [call_fields(call) for call in turn.tool_calls]
    return sent


def call_fields(call: pb.ToolCall) -> Json:
    function = {"name": call.function.name, "arguments": call.function.arguments}
    return {"id": call.id, "type": "function", "function": function}


def tool_fields(tool: pb.Tool, path: str) -> Json:
    function = tool.function
    return {
        "type": "function",
        "function": {
            "name": function.name,
            "description": function.description or None,
            "parameters": parsed(function.parameters, f"{path}.function.parameters"),
            "strict": function.strict if function.HasField("strict") else None,
        },
    }


def choice(asked: pb.ToolChoice) -> Json | str | None:
    if asked.HasField("function"):
        return {"type": "function", "function": {"name": asked.function.name}}
    if asked.mode in MODES:
        return MODES[asked.mode]
    if asked.mode != pb.ToolChoice.MODE_UNSPECIFIED:
        known = ", ".join(pb.ToolChoice.Mode.keys())
        raise InvalidRequest.of_field("tool_choice.mode", f"Input should be one of {known}")
    return None


def parsed(text: str, param: str) -> Json | None:
    """The JSON object in the field; None where the field is empty."""
    if not text:
        return None
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as wrong:
        raise InvalidRequest.of_field(param, f"it is not valid JSON: {wrong}") from None
    if not isinstance(found, dict):
        raise InvalidRequest.of_field(param, "it is no JSON object")
    return found
