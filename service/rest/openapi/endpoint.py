"""What of this endpoint alone is known: its model and its limits, written into the schemas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from service.generation import Json
from service.rest.openapi.between_fields import numbers_below
from service.rules import NO_LOGPROBS

REFERENCE = "#/components/schemas/{model}"
LIMITS_OF_TOKENS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
NEVER_STREAMED: Json = {"stream": [False, None], "stream_options": [None]}
TOOL_ROLES = {"tool"}
TOOL_TYPES = {"function_call", "function_call_output", "tool_use", "tool_result"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the schemas of the code leave open. `tools` and `reasoning_effort`: whether the model's
    template has a place for them. `vocabulary_tokens`: how many tokens the model has. `guesses`:
    whether its engine guesses tokens, so that there are no log probabilities."""

    model_name: str
    max_output_tokens: int
    slots: int
    guesses: bool
    streams: bool
    tools: bool
    reasoning_effort: bool
    vocabulary_tokens: int


def describe(body: Json, type_: Any, facts: Facts) -> None:
    """Also says why a field of OpenAI's is not honoured."""
    fields: Json = body["properties"]
    for name, why in getattr(type_, "unsupported", {}).items():
        if name in fields:  # and no field of one of them
            fields[name]["description"] = f"Not offered: {why}."
    bound(fields, {"n": facts.slots} | dict.fromkeys(LIMITS_OF_TOKENS, facts.max_output_tokens))
    for alternative in alternatives(fields, "model", of="string"):
        alternative["enum"] = [facts.model_name]
    vocabulary(fields, facts.vocabulary_tokens)
    if not facts.tools:
        for alternative in alternatives(fields, "tools", of="array"):
            alternative["maxItems"] = 0
    if facts.guesses:
        without_logprobs(fields)
    for name in fields.keys() & ({} if facts.streams else NEVER_STREAMED).keys():
        described = {"description": fields[name].get("description", "")}
        fields[name] = {"enum": NEVER_STREAMED[name], **described}


def bound(fields: Json, bounds: Mapping[str, int]) -> None:
    for name, most in bounds.items():
        for alternative in alternatives(fields, name, of="integer"):
            alternative["maximum"] = most


def vocabulary(fields: Json, tokens: int) -> None:
    """No token has a number beyond it."""
    for name in ("prompt", "tokens"):
        for schema in everything(fields.get(name, {})):
            if schema.get("type") == "integer":
                schema["maximum"] = tokens - 1
    for alternative in alternatives(fields, "logit_bias", of="object"):
        (bias,) = alternative["patternProperties"].values()
        alternative["patternProperties"] = {numbers_below(tokens): bias}


def alternatives(fields: Json, name: str, *, of: str) -> list[Json]:
    """What the field may be, where it is of this type."""
    field = fields.get(name, {})
    return [schema for schema in field.get("anyOf", [field]) if schema.get("type") == of]


def everything(value: Any) -> Iterator[Json]:
    """Each object in it."""
    if isinstance(value, dict):
        yield value
        for inner in list(value.values()):
            yield from everything(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from everything(inner)


def without_logprobs(fields: Json) -> None:
    """No field asks for any; a switch may say so."""
    for name in fields.keys() & {"logprobs", "top_logprobs", "include"}:
        fields[name]["description"] = f"Not offered: {NO_LOGPROBS}."
    for name in ("logprobs", "top_logprobs"):
        for alternative in alternatives(fields, name, of="boolean"):
            alternative["const"] = False
        for alternative in alternatives(fields, name, of="integer"):
            alternative.clear()
            alternative["type"] = "null"
    for alternative in alternatives(fields, "include", of="array"):
        alternative["maxItems"] = 0


def without_efforts(components: Json) -> None:
    """Of the names of efforts only none is left, where an API has it."""
    for component in components.values():
        fields: Json = component.get("properties", {})
        for name in ("effort", "reasoning_effort"):
            for alternative in alternatives(fields, name, of="string"):
                if "none" in alternative.get("enum", []):
                    alternative["enum"] = ["none"]
                elif "enum" in alternative:  # an answer tells what was asked for
                    fields[name] = {"type": "null"}


def without_tools(components: Json) -> None:
    """Turns that call a function, or answer a call, are no turns for a template without a place."""
    gone = {
        REFERENCE.format(model=name)
        for name, schema in components.items()
        if constant(schema, "role") in TOOL_ROLES or constant(schema, "type") in TOOL_TYPES
    }
    for schema in everything(components):
        for keyword in ("oneOf", "anyOf"):
            if isinstance(schema.get(keyword), list):
                schema[keyword] = [e for e in schema[keyword] if e.get("$ref") not in gone]
    for schema in components.values():
        calls = schema.get("properties", {}).get("tool_calls")
        if calls is not None and "role" in schema["properties"]:
            schema["properties"]["tool_calls"] = {"type": "null"}
    for reference in gone:
        del components[reference.rsplit("/", 1)[1]]


def constant(schema: Mapping[str, Any], name: str) -> object:
    return schema.get("properties", {}).get(name, {}).get("const")
