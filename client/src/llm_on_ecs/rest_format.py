"""The REST API's requests, answers, events and errors, with no connection."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any

from llm_on_ecs import errors
from llm_on_ecs.answers import Choice, Chunk, Completion, Model, ToolCall, ToolCallPart, Usage
from llm_on_ecs.asking import Question
from llm_on_ecs.errors import LLMError, UnexpectedAnswer
from llm_on_ecs.retries import LONGEST_TIMEOUT_SECONDS

Json = dict[str, Any]

DONE = "[DONE]"
QUOTED_BYTES = 80  # of what is no answer
LINE_BYTES_AT_MOST = 16 << 20  # of a stream; as much as a gRPC message of the endpoint may have
# For answers without our envelope: of a load balancer, a firewall or a proxy on the way.
OF_STATUS: dict[int, type[LLMError]] = {
    401: errors.NotAuthenticated,
    403: errors.PermissionDenied,
    404: errors.UnexpectedAnswer,
    413: errors.RequestTooLarge,
    429: errors.RateLimited,
    502: errors.ConnectionFailed,
    503: errors.ConnectionFailed,
    504: errors.ConnectionFailed,
}
# For our envelope with a code that is newer than this client.
OF_STATUS_AND_CODE = {503: errors.Unavailable, 504: errors.DeadlineExceeded}


def path(question: Question) -> str:
    return "/v1/chat/completions" if question.is_chat else "/v1/completions"


def body(question: Question, *, stream: bool = False) -> Json:
    asked = {"messages" if question.is_chat else "prompt": question.prompt}
    streamed = {"stream": True, "stream_options": {"include_usage": True}} if stream else {}
    return {**asked, **question.fields, **streamed}


def completion(content: bytes) -> Completion:
    try:
        answer = json.loads(content)
        choices = tuple(choice(found) for found in answer["choices"])
        choices[0]  # there is one
        return Completion(choices, usage(answer["usage"]), answer["model"])
    except (ValueError, LookupError, TypeError, AttributeError) as wrong:
        raise unexpected(content) from wrong


def choice(found: Json) -> Choice:
    if "message" not in found:
        return Choice(found["text"], found["finish_reason"])
    said = found["message"]
    calls = tuple(
        ToolCall(call["id"], call["function"]["name"], call["function"]["arguments"])
        for call in said.get("tool_calls") or ()
    )
    text, reasoning = said["content"] or "", said.get("reasoning_content") or ""
    return Choice(text, found["finish_reason"], calls, reasoning)


def count_path(question: Question) -> str:
    return "/v1/chat/completions/input_tokens" if question.is_chat else "/tokenize"


def count_body(question: Question) -> Json:
    if question.is_chat:
        return body(question)
    model = {"model": question.fields["model"]} if "model" in question.fields else {}
    return {"content": question.prompt, "add_special": True, **model}


def count(content: bytes) -> int:
    try:
        answer = json.loads(content)
        return len(answer["tokens"]) if "tokens" in answer else int(answer["input_tokens"])
    except (ValueError, LookupError, TypeError) as wrong:
        raise unexpected(content) from wrong


def models(content: bytes) -> list[Model]:
    try:
        return [Model(entry["id"]) for entry in json.loads(content)["data"]]
    except (ValueError, LookupError, TypeError) as wrong:
        raise unexpected(content) from wrong


def usage(answer: Json) -> Usage:
    cached = (answer.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
    return Usage(answer["prompt_tokens"], answer["completion_tokens"], cached)


class Events:
    """Cuts the bytes of a stream into its events' data. Ours have one `data:` line each.

    By bytes and line feeds alone: text may hold U+2028 and others that Python, too, ends lines at.
    """

    def __init__(self) -> None:
        self._line = bytearray()  # as far as it has come

    def feed(self, data: bytes) -> Iterator[str]:
        """Raises UnexpectedAnswer for a line without an end."""
        *ends, rest = data.split(b"\n")
        for end in ends:
            self._line += end
            line, self._line = self._line, bytearray()
            if line.startswith(b"data:"):
                yield line[5:].strip().decode(errors="replace")
        self._line += rest
        if len(self._line) > LINE_BYTES_AT_MOST:
            raise unexpected(bytes(self._line[:QUOTED_BYTES]))

    def chunks(self, data: bytes, *, request_id: str | None) -> Iterator[Chunk]:
        """The pieces of the answer in these bytes. Raises the LLMError of an error event."""
        for event in self.feed(data):
            piece = chunk(event, request_id=request_id)
            if piece is not None:
                yield piece


def check_stream(headers: Mapping[str, str]) -> None:
    """Raises UnexpectedAnswer for a page: it has no events, and would look like a broken stream."""
    kind = headers.get("content-type", "")
    if not kind.startswith("text/event-stream"):
        raise UnexpectedAnswer(
            f"This is not a stream of the API: got content type {kind!r}; is the address the "
            "endpoint's?",
            request_id=headers.get("x-request-id"),
        )


def chunk(event: str, *, request_id: str | None) -> Chunk | None:
    """The event's piece of the answer, if it has one. Raises the LLMError of an error event."""
    if event == DONE:
        return None
    try:
        answer = json.loads(event)
        if "error" in answer:
            raise named_error(
                answer["error"], otherwise=errors.InternalError, request_id=request_id
            )
        found = usage(answer["usage"]) if answer.get("usage") else None
        choice: Json = answer["choices"][0] if answer["choices"] else {}
        said = choice["delta"] if "delta" in choice else {"content": choice.get("text")}
        piece = Chunk(
            said.get("content") or "",
            choice.get("finish_reason"),
            found,
            tuple(call_part(part) for part in said.get("tool_calls") or ()),
            said.get("reasoning_content") or "",
        )
    except (ValueError, LookupError, TypeError, AttributeError) as wrong:
        raise unexpected(event.encode()) from wrong
    return None if piece == Chunk() else piece


def call_part(part: Json) -> ToolCallPart:
    function = part.get("function") or {}
    return ToolCallPart(
        part["index"],
        part.get("id") or "",
        function.get("name") or "",
        function.get("arguments") or "",
    )


def refusal(status: int, headers: Mapping[str, str], content: bytes) -> LLMError:
    """The error of an answer that is none: by our code, else by what its HTTP status means."""
    error = told(content) or {"message": unexplained(status, headers)}
    newer = OF_STATUS_AND_CODE.get(status) if error.get("code") else None
    return named_error(
        error,
        otherwise=newer or OF_STATUS.get(status) or of_class(status),
        request_id=headers.get("x-request-id"),
        retry_after_seconds=retry_after(headers.get("retry-after")),
    )


def of_class(status: int) -> type[LLMError]:
    if status < 400:
        return UnexpectedAnswer
    return errors.InvalidRequest if status < 500 else errors.InternalError


def told(content: bytes) -> Json | None:
    """What the answer says of itself: our envelope, or API Gateway's `message`."""
    try:
        answer = json.loads(content)
        error = answer["error"] if "error" in answer else {"message": answer["message"]}
        return dict(error) if error.get("message") else None
    except (ValueError, LookupError, TypeError, AttributeError):
        return None


def unexplained(status: int, headers: Mapping[str, str]) -> str:
    if location := headers.get("location"):  # not followed: a POST would become a GET
        return f"The address redirects to {location}; give the client that scheme and host."
    return f"The endpoint answered HTTP status {status}."


def named_error(
    error: Json,
    *,
    otherwise: type[LLMError],
    request_id: str | None,
    retry_after_seconds: float | None = None,
) -> LLMError:
    """The error of the envelope's code; `otherwise` for one that is newer than this client."""
    code = error.get("code")
    return errors.OF_CODE.get(str(code), otherwise)(
        str(error.get("message")),
        code=code,
        param=error.get("param"),
        request_id=request_id,
        retry_after_seconds=retry_after_seconds,
    )


def retry_after(header: str | None) -> float | None:
    """Seconds, of either form of Retry-After (RFC 9110, section 10.2.3), and no more than a wait
    can have."""
    if header is None:
        return None
    digits = header.strip()
    if digits.isascii() and digits.isdecimal():
        return min(float(digits), LONGEST_TIMEOUT_SECONDS)
    try:
        when = parsedate_to_datetime(header)
    except (ValueError, OverflowError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=timezone.utc)
    seconds = (when - datetime.now(timezone.utc)).total_seconds()
    return min(max(0.0, seconds), LONGEST_TIMEOUT_SECONDS)


def unexpected(content: bytes) -> UnexpectedAnswer:
    return UnexpectedAnswer(
        f"This is not an answer of the API: got {content[:QUOTED_BYTES]!r}; is the address the "
        "endpoint's?"
    )
