"""The engine's words: our requests as its JSON, its errors as ours."""

from __future__ import annotations

import logging
import re
from typing import Any

import orjson

from service.engine.forced_calls import form_of_calls, must_call
from service.errors import (
    ContextLengthExceeded,
    EngineAbsent,
    EngineUnavailable,
    InternalError,
    InvalidRequest,
    ModelNotSupported,
)
from service.generation import (
    GenerationRequest,
    Message,
    Prompts,
)

TOO_LARGE_TO_EMBED = re.compile(r"input \((\d+) tokens\) is too large .* size: (\d+)\)")
# Of a chat that ends with what the model said: a JSON Schema or tool is for all of the answer.
MISFIT = "Failed to initialize samplers: std::exception"
UNREADABLE_ARGUMENTS = "Failed to parse tool call arguments as JSON"  # ours is another parser
BACK_SECONDS = 5  # in which an engine that died has mostly been started anew (measured, 2 to 3 s)
SEEDS = 2**32 - 1  # the engine's seeds are 32 bits wide, and the last one means "random"

Event = dict[str, Any]

log = logging.getLogger("service.engine")


def engine_body(request: GenerationRequest) -> Event:
    """The request as the engine takes it."""
    body = request.sampling.model_dump(exclude_none=True, exclude={"stop"})
    if request.sampling.stop:
        body["timings_per_token"] = True  # they tell how many tokens there were when we stop it
    if request.sampling.seed is not None:
        body["seed"] = request.sampling.seed % SEEDS
    # Progress makes the engine write once per batch of a prompt, and so notice a closed
    # connection: without it a client that leaves holds its slot until the prompt is done.
    body |= {"stream": True, "stream_options": {"include_usage": True}, "return_progress": True}
    if not isinstance(request.prompt, tuple):
        return body | alternatives(request) | {"prompt": prompts(request.prompt)}
    messages = [message_body(turn) for turn in request.prompt]
    asked = alternatives(request) | tools(request) | template_arguments(request)
    return body | asked | {"messages": messages}


def prompts(prompt: str | Prompts) -> Any:
    """A choice for each; a single one is no list, of which the engine's progress has no shape."""
    if isinstance(prompt, str):
        return prompt
    return prompt.each[0] if len(prompt.each) == 1 else prompt.each


def template_arguments(request: GenerationRequest) -> Event:
    arguments = dict(request.template_arguments or {})
    if request.reasoning_effort is not None:
        arguments["reasoning_effort"] = request.reasoning_effort
    return {"chat_template_kwargs": arguments} if arguments else {}


def count_question(request: GenerationRequest) -> tuple[str, Event]:
    """Where to ask how many tokens the prompt has, and the question."""
    if isinstance(request.prompt, Prompts):
        raise TypeError("counted are a text and a chat, and not several prompts")
    if isinstance(request.prompt, str):
        whole = {"content": request.prompt, "add_special": True, "parse_special": True}
        return "/tokenize", whole
    return "/v1/chat/completions/input_tokens", engine_body(request)


def count_of(answer: Event) -> int:
    tokens: int = len(answer["tokens"]) if "tokens" in answer else answer["input_tokens"]
    return tokens


def encoded(body: Event) -> bytes:
    """As JSON. Raises InvalidRequest for what a caller's own JSON (a schema) may hold and ours not.

    Those are numbers beyond 64 bits, halves of surrogate pairs, and nesting beyond 254 levels.
    """
    try:
        return orjson.dumps(body)
    except orjson.JSONEncodeError as wrong:
        raise InvalidRequest(f"The request holds what the engine cannot read: {wrong}.") from None


def alternatives(request: GenerationRequest) -> Event:
    """At least one, because the engine takes 0 for none at all, the token's own included.

    By its own name for them: with OpenAI's it refuses a stream with tools, which it can tell of.
    """
    return {} if request.alternatives is None else {"n_probs": max(1, request.alternatives)}


def tools(request: GenerationRequest) -> Event:
    if request.tools is None:
        return {}
    found: Event = {"tools": list(request.tools.functions)}
    if must_call(request.tools):
        # To the engine the calls are text, of a form.
        return found | {"tool_choice": "none", "json_schema": form_of_calls(request.tools)}
    found |= {
        "tool_choice": request.tools.choice,
        "parallel_tool_calls": request.tools.parallel,
    }
    return {name: value for name, value in found.items() if value is not None}


def message_body(turn: Message) -> Event:
    body: Event = {"role": turn.role, "content": turn.content}
    if turn.name is not None:
        body["name"] = turn.name
    if turn.tool_call_id is not None:
        body["tool_call_id"] = turn.tool_call_id
    if turn.tool_calls:
        body["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments or "{}"},
            }
            for call in turn.tool_calls
        ]
    return body


def refusal(
    answer: Event, *, param: str, has_grammar: bool = False
) -> ContextLengthExceeded | InvalidRequest | EngineUnavailable | InternalError:
    """Our error for the engine's; `param` is the request's field with the text.

    The engine names no field, but it speaks of a grammar where it cannot use one.
    """
    error = answer["error"]
    if error.get("type") == "exceed_context_size_error":
        tokens, most = error["n_prompt_tokens"], error["n_ctx"]
        return ContextLengthExceeded(prompt_tokens=tokens, context_tokens=most, param=param)
    if (fault := refusal_by_words(error.get("message", ""), param=param)) is not None:
        return fault
    if error.get("code") == 503:
        return EngineUnavailable(
            "The model is still loading; try again.", retry_after_seconds=BACK_SECONDS
        )
    if error.get("code") == 400:
        blamed = has_grammar and "grammar" in error["message"]
        return InvalidRequest(error["message"], param="grammar" if blamed else param)
    known = {"code": error.get("code"), "type": error.get("type")}  # its message may quote
    log.error("engine refused a request", extra={"reason": known})
    return InternalError()


def refusal_by_words(message: str, *, param: str) -> InvalidRequest | None:
    """What the engine calls a fault of its own, and is none."""
    if "does not support logits computation" in message:
        rule = "this endpoint's model makes embeddings, and no text"
        return ModelNotSupported(f"`{param}` cannot be answered: {rule}.", param=param)
    if found := TOO_LARGE_TO_EMBED.match(message):
        tokens, most = map(int, found.groups())
        return ContextLengthExceeded(
            prompt_tokens=tokens, context_tokens=most, param=param, embeds=True
        )
    if message.startswith(UNREADABLE_ARGUMENTS):
        rule = "the arguments of one of its calls are JSON that the engine cannot read"
        return InvalidRequest.of_field(param, rule)
    if message == MISFIT:
        rule = "the answer that its last turn begins cannot go on in the form that is asked for"
        return InvalidRequest.of_field(param, rule)
    return None


def engine_absent() -> EngineAbsent:
    return EngineAbsent(
        "The engine is not there at the moment; send the request again.",
        retry_after_seconds=BACK_SECONDS,
    )


def engine_silent() -> EngineUnavailable:
    return EngineUnavailable(
        "The engine does not answer; send the request again.", retry_after_seconds=BACK_SECONDS
    )


def engine_lost() -> EngineUnavailable:
    return EngineUnavailable(
        "The engine stopped while it worked on this request; send it again.",
        retry_after_seconds=BACK_SECONDS,
    )
