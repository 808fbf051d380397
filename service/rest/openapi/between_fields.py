"""What no field alone can tell: which go together, and which do not."""

from __future__ import annotations

from collections.abc import Iterator

from service.generation import Json

NULL: Json = {"type": "null"}
NEUTRAL_CHOICE: Json = {
    "anyOf": [
        {"enum": ["none", "auto", None]},
        {
            "type": "object",
            "required": ["type"],
            "properties": {"type": {"enum": ["none", "auto"]}},
        },
    ]
}
NO_CHOICE: Json = {
    "anyOf": [
        {"const": "none"},
        {"type": "object", "required": ["type"], "properties": {"type": {"const": "none"}}},
    ]
}
TEXT_FORMAT: Json = {"anyOf": [NULL, {"type": "object", "properties": {"type": {"const": "text"}}}]}
# Fields that ask for a form of the answer, and what they are when they ask for none.
FORMS: dict[str, Json] = {
    "grammar": NULL,
    "json_schema": NULL,
    "response_format": TEXT_FORMAT,
    "text": {"anyOf": [NULL, {"type": "object", "properties": {"format": TEXT_FORMAT}}]},
    "output_config": {"anyOf": [NULL, {"type": "object", "properties": {"format": NULL}}]},
}


def rules_between_fields(fields: Json, *, slots: int) -> list[Json]:
    """Of a body with these fields. Each is a schema that the whole body has to fit."""
    found = list(rules_of_forms([name for name in FORMS if name in fields], fields))
    if "tool_choice" in fields:
        found.append(one_of(is_("tool_choice", NEUTRAL_CHOICE), has("tools", some_items())))
    if "parallel_tool_calls" in fields and "messages" in fields:  # responses take it always
        found.append(one_of(is_("parallel_tool_calls", NULL), has("tools", some_items())))
    if "top_logprobs" in fields and "logprobs" in fields:
        found.append(one_of(is_("top_logprobs", NULL), has("logprobs", {"const": True})))
    if "best_of" in fields:
        found.append(one_of(is_("best_of", NULL), *(both(many) for many in range(1, slots + 1))))
        found += [prompts_of(many, slots // many) for many in range(1, slots + 1)]
    return found


def rules_of_forms(forms: list[str], fields: Json) -> Iterator[Json]:
    """At most one of them, and none together with tools that may be called."""
    silent = {form: FORMS[form] for form in forms}
    no_tools = {"tools": {"anyOf": [NULL, {"type": "array", "maxItems": 0}]}}
    uncalled = has("tool_choice", NO_CHOICE)
    if not forms:
        return
    branches: list[Json] = [{"properties": silent}]
    for form in forms:
        others = {other: schema for other, schema in silent.items() if other != form}
        if "tools" in fields:
            branches.append({"properties": others | no_tools})
            branches.append({"properties": others, "allOf": [uncalled]})
        else:
            branches.append({"properties": others})
    yield one_of(*branches)


def both(many: int) -> Json:
    """As many answers as are the best; one, where nothing is said of them."""
    answers = {"const": many} if many > 1 else {"enum": [1, None]}
    best = has("best_of", {"const": many})
    return {"allOf": [best, is_("n", answers) if many == 1 else has("n", answers)]}


def prompts_of(answers: int, most: int) -> Json:
    """So many prompts at most, where each is answered so many times."""
    other = {"not": {"const": answers}} if answers > 1 else {"type": "integer", "minimum": 2}
    single = [{"type": "string"}, {"type": "array", "items": {"type": "integer"}}]
    prompts = has("prompt", {"anyOf": [*single, {"type": "array", "maxItems": most}]})
    return one_of(is_("n", other) if answers > 1 else has("n", other), prompts)


def is_(name: str, schema: Json) -> Json:
    """The field is not there, or fits."""
    return {"properties": {name: schema}}


def has(name: str, schema: Json) -> Json:
    return {"required": [name], "properties": {name: schema}}


def one_of(*schemas: Json) -> Json:
    return {"anyOf": list(schemas)}


def some_items() -> Json:
    return {"type": "array", "minItems": 1}


def numbers_below(limit: int) -> str:
    """An expression for the whole numbers from 0 to below the limit, as JSON writes them."""
    digits = str(limit - 1)
    shorter = f"[1-9][0-9]{{0,{len(digits) - 2}}}" if len(digits) > 1 else ""
    found = ["0", shorter]
    for index, digit in enumerate(digits):
        rest = len(digits) - index - 1
        lowest = 1 if index == 0 else 0
        if int(digit) > lowest:
            found.append(f"{digits[:index]}[{lowest}-{int(digit) - 1}][0-9]{{{rest}}}")
    found.append(digits)
    return f"^({'|'.join(each for each in found if each)})$"
