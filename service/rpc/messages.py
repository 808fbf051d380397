"""The messages of service/llm_service.proto, to and from what the inference path speaks."""

from __future__ import annotations

from typing import cast, get_args

from pydantic import ValidationError

from service.errors import InvalidRequest
from service.generation import FinishReason, GenerationRequest, Message, Role, Sampling, Usage
from service.rpc import llm_service_pb2 as pb

Request = pb.GenerateTextRequest | pb.ChatRequest

OPTIONAL = tuple(name for name in Sampling.model_fields if name != "stop")
ROLES = get_args(Role)
REASONS = {
    FinishReason.STOP: pb.FINISH_REASON_STOP,
    FinishReason.LENGTH: pb.FINISH_REASON_LENGTH,
}


def generation_request(request: Request) -> GenerationRequest:
    """Raises InvalidRequest that names the field and the rule."""
    prompt = turns(request) if isinstance(request, pb.ChatRequest) else request.prompt
    return GenerationRequest(prompt=prompt, sampling=sampling(request), model=request.model or None)


def turns(request: pb.ChatRequest) -> tuple[Message, ...]:
    for position, message in enumerate(request.messages):
        if message.role not in ROLES:
            raise InvalidRequest.of_field(
                f"messages[{position}].role", f"Input should be one of {', '.join(ROLES)}"
            )
    return tuple(Message(cast(Role, turn.role), turn.content) for turn in request.messages)


def sampling(request: Request) -> Sampling:
    """The fields that every request for text has under the same names."""
    sent = {name: getattr(request, name) for name in OPTIONAL if request.HasField(name)}
    try:
        return Sampling.model_validate(sent | {"stop": list(request.stop) or None})
    except ValidationError as wrong:
        error = wrong.errors(include_url=False)[0]
        raise InvalidRequest.of_field(str(error["loc"][0]), error["msg"]) from None


def usage_message(usage: Usage) -> pb.Usage:
    return pb.Usage(
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        total_tokens=usage.total_tokens,
    )
