"""Which alternatives of a JSON Schema may be open at once."""

from __future__ import annotations

from typing import Any

import pytest

from service.structure.schema import prepared_schema

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
AGAIN: Schema = {"$ref": "#/$defs/node"}
LIST: Schema = {"type": "array", "items": AGAIN}


def recursive(*alternatives: Schema, **defined: Schema) -> Schema:
    return {**AGAIN, "$defs": {"node": {"anyOf": list(alternatives)}, **defined}}


def tagged(kind: str, **properties: Schema) -> Schema:
    return required(kind={"const": kind}, **properties)


def required(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def lists(count: int, item: Schema) -> Schema:
    return {"anyOf": [{"type": "array", "items": item} for _ in range(count)]}


@pytest.mark.parametrize(
    "schema",
    [
        recursive(*[LIST | {"minItems": 1}] * 64),
        recursive(LIST, LIST),
        recursive(LIST, {}),
        recursive(LIST, {"type": "array"}),
        recursive({"$ref": "#/$defs/list"}, {"$ref": "#/$defs/list"}, list=LIST),
        recursive(LIST, {"oneOf": [TEXT, LIST]}),
        recursive({"properties": {"a": AGAIN}}, {"properties": {"b": AGAIN}}),
        recursive(tagged("a", x=AGAIN), tagged("a", x=AGAIN)),
        recursive(LIST, {"type": ["array", "null"], "items": AGAIN}),
        recursive(required(name=AGAIN, left=TEXT), required(name=AGAIN, right=TEXT)),
        recursive(required(name=TEXT), required(name=TEXT, right=AGAIN), LIST, LIST),
    ],
)
def test_alternatives_that_begin_alike_and_lead_back_are_refused(schema: Schema) -> None:
    with pytest.raises(ValueError, match=r"at #/\$defs/node: two alternatives that lead back"):
        prepared_schema(schema)


@pytest.mark.parametrize(
    "schema",
    [
        recursive(LIST, {"type": "object", "additionalProperties": AGAIN}, TEXT, {"type": "null"}),
        recursive(tagged("add", a=AGAIN, b=AGAIN), tagged("negate", a=AGAIN), {"type": "number"}),
        recursive(LIST, TEXT, TEXT, {"enum": ["a", "b"]}),
        recursive(tagged("a", x=AGAIN), tagged("a", y=AGAIN)),
        recursive(required(a=AGAIN), required(b=AGAIN, a=AGAIN)),
        recursive(required(name=TEXT, left=AGAIN), required(name=TEXT, right=AGAIN), TEXT),
        {"type": "array", "items": {"anyOf": [tagged("a"), {"properties": {"b": TEXT}}]}},
        lists(8, lists(8, TEXT)),
    ],
)
def test_alternatives_that_are_told_apart_or_few_go_on_as_they_are(schema: Schema) -> None:
    assert prepared_schema(schema) == schema


def test_alternatives_in_alternatives_are_multiplied() -> None:
    defined = {"a": lists(64, {"$ref": "#/$defs/b"}), "b": lists(64, TEXT)}
    with pytest.raises(ValueError, match=r"at #/\$defs/a: one text fits more than 256"):
        prepared_schema({"$defs": defined, "$ref": "#/$defs/a"})


def test_alternatives_of_alternatives_are_counted() -> None:
    defined: Schema = {f"d{n}": {"anyOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 20} for n in range(9)}
    with pytest.raises(ValueError, match="more than 1000 alternatives"):
        prepared_schema({"$defs": {**defined, "d9": TEXT}, "$ref": "#/$defs/d0"})


def test_type_that_is_named_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="type names one twice"):
        prepared_schema({"type": ["array", "null", "array"]})


def test_property_of_two_schemas_that_belong_together_is_refused() -> None:
    part: Schema = {"anyOf": [{"properties": {"a": TEXT}}]}
    with pytest.raises(ValueError, match="a property of the same name"):
        prepared_schema({"allOf": [part, part]})


def test_patterns_that_are_alternatives_have_their_ways_together() -> None:
    def patterns(count: int) -> Schema:
        each = [{"type": "string", "pattern": f"^(a|[ab]){{12}}{'x' * n}$"} for n in range(count)]
        return {"anyOf": each}

    prepared_schema(patterns(3))
    with pytest.raises(ValueError, match="at #: one text fits its patterns in too many ways"):
        prepared_schema(patterns(30))
