"""Which JSON Schemas the engine is given: none that wedges it, and none that it would ignore."""

from __future__ import annotations

from typing import Any

import pytest

from service.structure.limits import Limits
from service.structure.schema import SCHEMAS_AT_MOST, prepared_schema
from service.structure.strictness import check_strict

TEXT = {"type": "string"}


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def nested(depth: int) -> dict[str, Any]:
    return TEXT if depth == 0 else of(x=nested(depth - 1))


PERSON = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Person",
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 40, "description": "Whole."},
        "born": {"type": "string", "format": "date"},
        "age": {"type": ["integer", "null"], "minimum": 0, "maximum": 150},
        "role": {"enum": ["reader", "writer"], "type": "string"},
        "friends": {"type": "array", "items": {"$ref": "#/$defs/friend"}, "maxItems": 3},
        "place": {"type": "array", "prefixItems": [{"type": "number"}, {"type": "number"}]},
        "more": {"anyOf": [TEXT, {"type": "null"}], "default": None},
    },
    "required": ["name", "age"],
    "additionalProperties": False,
    "$defs": {"friend": {"type": "object", "properties": {"friend": {"$ref": "#/$defs/friend"}}}},
}


def test_schema_that_is_honoured_goes_on_as_it_is() -> None:
    assert prepared_schema(PERSON) == PERSON
    assert check_strict(PERSON) == PERSON


def test_schema_for_anything_becomes_an_object() -> None:
    assert prepared_schema(of(x=True)) == of(x={})


def test_list_of_a_fixed_length_has_nothing_after_it() -> None:
    pair = {"type": "array", "prefixItems": [TEXT, TEXT]}
    assert prepared_schema(pair | {"items": False, "minItems": 2, "maxItems": 2}) == pair | {
        "minItems": 2,
        "maxItems": 2,
    }


def test_pattern_is_written_as_the_engine_reads_it() -> None:
    prepared = prepared_schema(of(x={"type": "string", "pattern": r"^\d$"}))
    assert prepared["properties"]["x"]["pattern"] == "^[0-9]$"


WEDGES = {
    "more items at least than at most": {"type": "array", "minItems": 5, "maxItems": 3},
    "more characters at least than at most": {"type": "string", "minLength": 5, "maxLength": 2},
    "pattern that repeats more at least than at most": {"type": "string", "pattern": "^a{5,3}$"},
    "pattern with too many ways": {"type": "string", "pattern": "^(a?){200}b$"},
    "thousands of optional properties": {
        "type": "object",
        "properties": {f"p{number}": TEXT for number in range(400)},
    },
    "tens of thousands of values": {"enum": [f"value {number}" for number in range(50_000)]},
    "nesting": nested(60),
    "thousands of schemas": {"anyOf": [of(**{f"p{n}": TEXT for n in range(60)})] * 40},
    "many names that others must not have": {
        "type": "object",
        "properties": {f"p{number}": TEXT for number in range(100)},
        "required": [f"p{number}" for number in range(100)],
        "additionalProperties": True,
    },
    "rules without number": {
        "anyOf": [{"type": "array", "items": TEXT, "maxItems": 1900}] * 64,
    },
}


@pytest.mark.parametrize("schema", WEDGES.values(), ids=WEDGES.keys())
def test_what_harms_the_engine_is_refused_with_its_path(schema: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="at #/properties/x"):
        prepared_schema(of(x=schema))


IGNORED = {
    "unknown type": {"type": "banana"},
    "no type": {"type": []},
    "type that is none": {"type": 7},
    "no schema": False,
    "no value": {"enum": []},
    "no alternative": {"anyOf": []},
    "no list": {"oneOf": {}},
    "no object": {"properties": [1]},
    "reference to nothing": {"$ref": "#/$defs/none"},
    "reference to elsewhere": {"$ref": "https://example.org/schema"},
    "reference to all": {"$ref": "#"},
    "reference to what is no keyword": {"$ref": "#/hidden/bad"},
    "reference to an object of schemas": {"$ref": "#/properties"},
    "reference to a value": {"$ref": "#/properties/x/default", "default": {"a": 1}},
    "reference into a list": {"$ref": "#/properties/x/anyOf/0", "anyOf": [TEXT]},
    "type named twice": {"type": ["string", "string"]},
    "no number between": {"type": "integer", "minimum": 5, "maximum": 2},
    "no whole number between": {"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 4},
    "bound that no integer has": {"type": "integer", "minimum": 10**25},
    "count that is none": {"type": "string", "minLength": -1},
    "count that is a text": {"type": "string", "minLength": "1"},
    "items that are none": {"type": "array", "items": False},
    "items after others": {"type": "array", "prefixItems": [TEXT], "items": TEXT},
    "tuple of another length": {"type": "array", "prefixItems": [TEXT], "minItems": 2},
    "name that is no property's": {"properties": {"a": TEXT}, "required": ["b"]},
    "names that are none": {"required": "a"},
    "pattern that looks ahead": {"type": "string", "pattern": "^(?=a)a$"},
    "pattern of a quote": {"type": "string", "pattern": '^"$'},
    "whole number beyond 64 bits": {"const": 10**25},
    "number that is none": {"const": float("nan")},
}


@pytest.mark.parametrize("schema", IGNORED.values(), ids=IGNORED.keys())
def test_what_the_engine_would_ignore_is_refused(schema: object) -> None:
    with pytest.raises(ValueError, match="at #"):
        prepared_schema(of(x=schema))


@pytest.mark.parametrize(
    "defined",
    [
        {"a": {"$ref": "#/$defs/a"}},
        {"a": {"$ref": "#/$defs/b"}, "b": {"anyOf": [TEXT, {"$ref": "#/$defs/a"}]}},
        {f"d{n}": {"$ref": f"#/$defs/d{(n + 1) % 900}"} for n in range(900)} | {"a": TEXT},
    ],
)
def test_reference_that_leads_to_itself_is_refused(defined: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="leads to itself"):
        prepared_schema({"$defs": defined, "$ref": "#/$defs/a"})


def test_reference_that_leads_to_itself_through_a_value_is_a_tree() -> None:
    tree = {"type": "object", "properties": {"left": {"$ref": "#/$defs/tree"}}}
    schema = {"$defs": {"tree": tree}, "$ref": "#/$defs/tree"}
    assert prepared_schema(schema) == schema


def test_schemas_are_counted_wherever_they_stand() -> None:
    part = of(**{f"p{number}": TEXT for number in range(99)})
    whole = {"anyOf": [part] * (SCHEMAS_AT_MOST // 100 - 1)}
    assert prepared_schema(whole) == whole
    with pytest.raises(ValueError, match="more than 1000 schemas"):
        prepared_schema({"$defs": {"more": part}, **whole})


@pytest.mark.parametrize(
    ("schema", "keyword"),
    [
        ({"type": "number", "minimum": 0}, "minimum"),
        ({"type": "integer", "multipleOf": 5}, "multipleOf"),
        ({"type": "array", "uniqueItems": True}, "uniqueItems"),
        ({"not": TEXT}, "not"),
        ({"anyOf": [TEXT], "properties": {"a": TEXT}}, "properties"),
        ({"type": "string", "pattern": "^a$", "maxLength": 3}, "maxLength"),
        ({"type": "string", "maxLength": 5000}, "maxLength"),
        ({"type": "string", "format": "email"}, "format"),
        ({"type": "string", "format": "date", "minLength": 3}, "minLength"),
        ({"minLength": 3}, "minLength"),
        ({"type": "object", "required": ["a"]}, "required"),
        ({"type": "object", "additionalProperties": TEXT, "required": ["a"]}, "required"),
        ({"type": "array", "minItems": 2}, "minItems"),
        ({"properties": {"a": TEXT}, "allOf": [{"properties": {"b": TEXT}}]}, "allOf"),
        ({"properties": {"a": TEXT}, "items": TEXT}, "items"),
        ({"anyOf": [{"type": "object"}], "required": ["a"]}, "required"),
        ({"anyOf": [{"type": "object"}], "additionalProperties": False}, "additionalProperties"),
        ({"anyOf": [{"type": "array"}], "minItems": 2}, "minItems"),
        ({"anyOf": [TEXT], "maxItems": 2}, "maxItems"),
        ({"anyOf": [TEXT], "format": "date"}, "format"),
        ({"anyOf": [TEXT], "type": "string"}, "type"),
    ],
)
def test_keyword_that_is_not_honoured_is_refused_where_it_is_to_be(
    schema: dict[str, Any], keyword: str
) -> None:
    assert prepared_schema(of(x=schema)) == of(x=schema)
    with pytest.raises(ValueError, match=f"at #/properties/x: {keyword} is (not )?honoured"):
        check_strict(of(x=schema))


def test_nothing_under_a_reference_is_unchecked() -> None:
    hidden = {"type": "array", "minItems": 5, "maxItems": 3}
    with pytest.raises(ValueError, match="#/hidden/bad leads to no schema"):
        prepared_schema({"$ref": "#/hidden/bad", "hidden": {"bad": hidden}})


def test_references_that_the_engine_takes_for_one_are_refused() -> None:
    schema = of(x={"$ref": "#/$defs/a_b"}, y={"$ref": "#/$defs/a.b"})
    with pytest.raises(ValueError, match="too like"):
        prepared_schema({"$defs": {"a_b": TEXT, "a.b": {"type": "null"}}, **schema})


def test_forms_of_one_request_share_their_limits() -> None:
    limits, part = Limits(), of(**{f"p{number}": TEXT for number in range(600)})
    for _ in range(6):
        prepared_schema(part, limits)
    with pytest.raises(ValueError, match="too many schemas"):
        prepared_schema(part, limits)


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"type": "number", "minimum": 1}, "minimum is honoured of integers only"),
        ({"type": ["integer", "number"], "maximum": 1}, "maximum is honoured of integers only"),
        ({"type": "integer", "enum": [1], "minimum": 1}, "minimum is not honoured here"),
        ({"type": "integer", "multipleOf": 5}, "multipleOf is not honoured here"),
    ],
)
def test_keyword_that_is_honoured_elsewhere_says_where(schema: Any, why: str) -> None:
    with pytest.raises(ValueError, match=f"at #/properties/x: {why}; leave it out, or strict"):
        check_strict(of(x=schema))
