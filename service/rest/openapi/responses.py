"""What every answer has: its status, its headers, and an error in the API's envelope."""

from __future__ import annotations

from typing import Any, Literal

from typing_extensions import TypedDict

from service.generation import Json
from service.rest.operations import JSON, Operation
from service.rest.refusals import is_messages

EVENTS = "text/event-stream"


class ErrorDetails(TypedDict):
    """`code` is stable; `param` names the field of the request at fault, if one is."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorEnvelope(TypedDict):
    error: ErrorDetails


class MessagesErrorDetails(TypedDict):
    type: str
    message: str


class MessagesErrorEnvelope(TypedDict):
    """Anthropic's."""

    type: Literal["error"]
    error: MessagesErrorDetails
    request_id: str


ENVELOPES = (ErrorEnvelope, MessagesErrorEnvelope)

# The words of the load balancer, of a person who reads, and of a program that retries.
OF_ALL = {500: "Something failed on our side."}
OF_KEYS = {
    401: "No key, or none that is good.",
    403: "The access token lacks a scope.",
    429: "The key's requests or tokens per minute are used up.",
}
OF_BODIES = {
    400: "A field breaks a rule; `param` names it.",
    404: "There is no such model.",
    413: "The body is too large.",
    415: "The body is no JSON in UTF-8, by its own `Content-Type`, or is compressed.",
    503: "There is no room now; send it again after the pause.",
    504: "The time allowed for the request, or by the endpoint, has passed.",
}

RATE_LIMIT: Json = {
    "description": "How the key stands to its limits, where it has any.",
    "schema": {"type": "string"},
}
HEADERS: Json = {
    "x-request-id": {
        "description": "The request's id: the caller's, or one made for it.",
        "required": True,
        "schema": {"type": "string"},
    },
    "retry-after": {
        "description": "Seconds after which the same request can succeed.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    },
    "www-authenticate": {
        "description": "RFC 6750: what to authenticate with, and what was wrong with what came.",
        "required": True,
        "schema": {"type": "string"},
    },
    "x-should-retry": {
        "description": "false where the same request would take as long again.",
        "schema": {"enum": ["false"]},
    },
    **{
        f"x-ratelimit-{what}-{unit}": RATE_LIMIT
        for unit in ("requests", "tokens")
        for what in ("limit", "remaining", "reset")
    },
}
OF_STATUS = {
    401: ["www-authenticate"],
    403: ["www-authenticate"],
    429: ["retry-after"],
    503: ["retry-after"],
    504: ["retry-after", "x-should-retry"],
}


def headers(*names: str) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in ("x-request-id", *names)}


def responses(operation: Operation, schema_of: Any) -> Json:
    """By status. `schema_of` is the schema of an answer's type."""
    found = {"200": good(operation, schema_of)}
    refusals = dict(OF_ALL)
    if operation.asks_for_key:
        refusals |= OF_KEYS | {400: "The header `x-request-timeout` is no time."}
    if operation.body is not None:
        refusals |= OF_BODIES
    elif "{" in operation.path:
        refusals[404] = OF_BODIES[404]
    envelope = MessagesErrorEnvelope if is_messages(operation.path) else ErrorEnvelope
    for status, description in sorted(refusals.items()):
        found[str(status)] = refused(status, description, schema_of(envelope))
    for status, description in operation.also.items():
        found[str(status)] = good(operation, schema_of) | {"description": description}
    return found


def good(operation: Operation, schema_of: Any) -> Json:
    content: Json = {operation.media_type: {"schema": {"type": "string"}}}
    if operation.media_type == JSON:
        answer = schema_of(operation.answer) if operation.answer else {"type": "object"}
        content[JSON] = {"schema": answer}
    if operation.event is not None:
        failed = MessagesErrorEnvelope if is_messages(operation.path) else ErrorEnvelope
        kinds = [schema_of(operation.event), schema_of(failed)]
        content[EVENTS] = {"schema": each_event({"anyOf": kinds})}
    limits = [name for name in HEADERS if "ratelimit" in name] if operation.asks_for_key else []
    return {
        "description": operation.summary,
        "headers": headers(*limits),
        "content": content,
    }


def each_event(schema: Json) -> Json:
    """Of an event, of which a stream has many; OpenAPI 3.1 has no words for the whole stream."""
    data = {"type": "string", "contentMediaType": JSON, "contentSchema": schema}
    done = {"const": "[DONE]", "description": "At OpenAI's paths the last one."}
    return {
        "type": "object",
        "description": "Each event of the stream.",
        "properties": {"event": {"type": "string"}, "data": {"anyOf": [done, data]}},
        "required": ["data"],
    }


def refused(status: int, description: str, envelope: Json) -> Json:
    return {
        "description": description,
        "headers": headers(*OF_STATUS.get(status, [])),
        "content": {JSON: {"schema": envelope}},
    }
