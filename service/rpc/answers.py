"""What the inference path answers, as the messages of service/llm_service.proto."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field

from service.generation import (
    Choice,
    Chunk,
    Completion,
    FinishReason,
    TokenLogprob,
    ToolCall,
    ToolCallPart,
    Usage,
)
from service.inference import Inference
from service.rpc import llm_service_pb2 as pb
from service.rules import OWNER

StreamMessage = pb.StreamGenerateTextResponse | pb.StreamChatResponse
Answer = pb.GenerateTextResponse | pb.ChatResponse | StreamMessage
Piece = Callable[[Chunk], StreamMessage]

REASONS = {
    FinishReason.STOP: pb.FINISH_REASON_STOP,
    FinishReason.LENGTH: pb.FINISH_REASON_LENGTH,
    FinishReason.TOOL_CALLS: pb.FINISH_REASON_TOOL_CALLS,
}


@dataclass(frozen=True, slots=True)
class Head:
    """What an answer says of itself, as REST's does."""

    id: str
    model: str
    fingerprint: str
    created: int = field(default_factory=lambda: int(time.time()))

    def on(self, message: Answer) -> None:
        message.id, message.created = self.id, self.created
        message.model, message.system_fingerprint = self.model, self.fingerprint


def text_answer(completion: Completion) -> pb.GenerateTextResponse:
    return pb.GenerateTextResponse(
        generated_text=completion.text,
        finish_reason=REASONS[completion.finish_reason],
        usage=usage_message(completion.usage),
        choices=[
            pb.TextChoice(
                index=index,
                text=choice.text,
                finish_reason=REASONS[choice.finish_reason],
                logprobs=logprob_messages(choice.logprobs),
            )
            for index, choice in enumerate(completion.choices)
        ],
    )


def chat_answer(completion: Completion) -> pb.ChatResponse:
    return pb.ChatResponse(
        message=assistant_message(completion.choices[0]),
        finish_reason=REASONS[completion.finish_reason],
        usage=usage_message(completion.usage),
        choices=[
            pb.ChatChoice(
                index=index,
                message=assistant_message(choice),
                finish_reason=REASONS[choice.finish_reason],
                logprobs=logprob_messages(choice.logprobs),
            )
            for index, choice in enumerate(completion.choices)
        ],
    )


async def stream_messages(
    chunks: AsyncIterator[Chunk], piece: Piece, head: Head
) -> AsyncGenerator[StreamMessage, None]:
    """A choice's end is held back until more comes, because the last message of all has the usage
    too, and older clients know one choice and look for both there."""
    held: StreamMessage | None = None
    usage = Usage(0, 0)
    async for chunk in chunks:
        usage = chunk.usage or usage
        if not (chunk.is_content or chunk.finish_reason):
            continue
        if held is not None:
            yield held
        held = piece(chunk)
        if chunk.finish_reason is None:
            yield held
            held = None
    last = held or piece(Chunk())
    last.usage.CopyFrom(usage_message(usage))
    head.on(last)
    yield last


def text_piece(chunk: Chunk) -> pb.StreamGenerateTextResponse:
    return pb.StreamGenerateTextResponse(
        generated_text=chunk.text,
        finish_reason=reason_of(chunk),
        index=chunk.index,
        logprobs=logprob_messages(chunk.logprobs),
    )


def chat_piece(chunk: Chunk) -> pb.StreamChatResponse:
    return pb.StreamChatResponse(
        content=chunk.text,
        finish_reason=reason_of(chunk),
        index=chunk.index,
        logprobs=logprob_messages(chunk.logprobs),
        tool_calls=[part_message(part) for part in chunk.tool_calls],
        reasoning_content=chunk.reasoning,
    )


def reason_of(chunk: Chunk) -> pb.FinishReason:
    if chunk.finish_reason is None:
        return pb.FINISH_REASON_UNSPECIFIED
    return REASONS[chunk.finish_reason]


def assistant_message(choice: Choice) -> pb.ChatMessage:
    return pb.ChatMessage(
        role="assistant",
        content=choice.text,
        tool_calls=[call_message(call) for call in choice.tool_calls],
        reasoning_content=choice.reasoning,
    )


def call_message(call: ToolCall) -> pb.ToolCall:
    function = pb.FunctionCall(name=call.name, arguments=call.arguments)
    return pb.ToolCall(id=call.id, function=function)


def part_message(part: ToolCallPart) -> pb.ToolCallPart:
    function = pb.FunctionCall(name=part.name or "", arguments=part.arguments)
    return pb.ToolCallPart(index=part.index, id=part.id or "", function=function)


def logprob_messages(tokens: Iterable[TokenLogprob]) -> list[pb.TokenLogprob]:
    return [
        pb.TokenLogprob(
            token=token.token,
            logprob=token.logprob,
            utf8=bytes(token.utf8),
            alternatives=logprob_messages(token.alternatives),
        )
        for token in tokens
    ]


def usage_message(usage: Usage) -> pb.Usage:
    return pb.Usage(
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        total_tokens=usage.total_tokens,
        cached_tokens=usage.cached_tokens,
    )


def model_message(inference: Inference) -> pb.Model:
    rules = inference.rules
    return pb.Model(
        id=rules.model_name,
        created=inference.created,
        owned_by=OWNER,
        context_tokens=rules.context_tokens,
        max_output_tokens=rules.max_output_tokens,
        max_choices=rules.slots,
        tools=inference.capabilities.tools,
        reasoning_effort=inference.capabilities.reasoning_effort,
    )
