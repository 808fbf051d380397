"""What schemathesis has to know besides the document, because JSON Schema cannot say it.

It loads this file by itself: SCHEMATHESIS_HOOKS.
"""

from __future__ import annotations

from typing import Any

import schemathesis
from hypothesis import strategies as st

from service.structure.keywords import DESCRIBING, KNOWN

PLACES_OF_SCHEMAS = ("input_schema", "json_schema", "parameters", "schema")
KEYWORDS = KNOWN.difference(DESCRIBING)
GRAMMARS = ['root ::= "yes" | "no"', "root ::= [a-z]+", 'root ::= item*\nitem ::= "-" [^\\n]{1,9}']

schemathesis.openapi.format("gbnf", st.sampled_from(GRAMMARS))


@schemathesis.hook
def filter_body(context: Any, body: Any) -> bool:
    """A function that is chosen is one of those offered, each of which has a name of its own; a
    chat ends so that it can go on, in the form that is asked for."""
    if not isinstance(body, dict):
        return True
    names = offered(body)
    its_own = len(set(names)) == len(names)
    turns = body.get("messages", body.get("input"))
    fits = chosen(body) <= set(names) and not (is_begun(turns) and is_formed(body))
    return its_own and fits and goes_on(turns) and not has_chance_schema(body)


def has_chance_schema(value: Any) -> bool:
    """Whether a schema in it has a keyword by chance, since it may be any object: what stands there
    is no schema mostly. tests/fuzz makes schemas that are some."""
    if isinstance(value, list):
        return any(has_chance_schema(each) for each in value)
    if not isinstance(value, dict):
        return False
    schemas = [value[key] for key in PLACES_OF_SCHEMAS if isinstance(value.get(key), dict)]
    by_chance = any(KEYWORDS & set(schema) for schema in schemas)
    return by_chance or any(has_chance_schema(each) for each in value.values())


def offered(body: dict[str, Any]) -> list[Any]:
    tools = body.get("tools")
    return (
        [name(tool) for tool in tools if isinstance(tool, dict)] if isinstance(tools, list) else []
    )


def chosen(body: dict[str, Any]) -> set[Any]:
    choice = body.get("tool_choice")
    if not isinstance(choice, dict):
        return set()
    allowed = choice.get("allowed_tools")
    if isinstance(allowed, dict) and isinstance(allowed.get("tools"), list):
        return {name(tool) for tool in allowed["tools"] if isinstance(tool, dict)}
    return {name(choice)} if choice.get("type") in ("function", "tool") else set()


def name(tool: dict[str, Any]) -> Any:
    """OpenAI's tools have it in `function`, those of its responses and Anthropic's do not."""
    function = tool.get("function")
    found = function.get("name") if isinstance(function, dict) else tool.get("name")
    return found if isinstance(found, str) else None


def goes_on(turns: Any) -> bool:
    """Not after two turns of the model, or mere thoughts.

    Nor with a call or a tool's answer: what is made up does not belong together. tests/fuzz has
    conversations that do.
    """
    if not isinstance(turns, list) or not all(isinstance(turn, dict) for turn in turns):
        return True
    said = [turn for turn in turns if not thinks(turn)]
    if not said:
        return not turns
    if any(calls(turn) or answers(turn) for turn in said):
        return False
    return [turn.get("role") for turn in said[-2:]] != ["assistant"] * 2


def thinks(turn: dict[str, Any]) -> bool:
    """And says nothing."""
    said = [kind for kind in kinds(turn) if kind not in ("thinking", "redacted_thinking")]
    return turn.get("type") == "reasoning" or (kinds(turn) != [] and said == [])


def is_begun(turns: Any) -> bool:
    """By the model, which goes on from there; what is made up begins no JSON."""
    last = turns[-1] if isinstance(turns, list) and turns else None
    return isinstance(last, dict) and last.get("role") == "assistant"


def is_formed(body: dict[str, Any]) -> bool:
    wanted = (body.get("output_config"), body.get("text"), {"format": body.get("response_format")})
    formats = [each.get("format") for each in wanted if isinstance(each, dict)]
    types = {each.get("type") for each in formats if isinstance(each, dict)}
    forced = body.get("tool_choice") not in (None, "none", "auto")
    return forced or body.get("json_schema") is not None or not types <= {"text"}


def calls(turn: dict[str, Any]) -> bool:
    made = bool(turn.get("tool_calls")) or turn.get("type") == "function_call"
    return made or "tool_use" in kinds(turn)


def answers(turn: dict[str, Any]) -> bool:
    told = turn.get("role") == "tool" or turn.get("type") == "function_call_output"
    return told or "tool_result" in kinds(turn)


def kinds(turn: dict[str, Any]) -> list[Any]:
    blocks = turn.get("content")
    return (
        [b.get("type") for b in blocks if isinstance(b, dict)] if isinstance(blocks, list) else []
    )
