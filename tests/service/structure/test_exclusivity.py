"""Which alternatives of oneOf are honoured where the schema is to be kept strictly."""

from __future__ import annotations

from typing import Any

import pytest

from service.structure.schema import prepared_schema
from service.structure.strictness import check_strict

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
CAT: Schema = {"$ref": "#/$defs/cat"}


def tagged(kind: object, **properties: Schema) -> Schema:
    named: Schema = {**properties, "kind": {"const": kind}}
    return {"type": "object", "properties": named, "required": list(named)}


def one_of(*alternatives: Schema) -> Schema:
    schema = {"$defs": {"cat": tagged("cat", name=TEXT)}, "oneOf": list(alternatives)}
    return prepared_schema(schema)


@pytest.mark.parametrize(
    "alternatives",
    [
        [TEXT, {"type": "null"}],
        [CAT, tagged("dog", age={"type": "integer"}), {"type": "array", "items": TEXT}],
        [{"const": "a"}, {"enum": ["b", 1]}, {"enum": [2, None]}],
        [{"properties": {"a": TEXT}}, TEXT],
        [tagged(1), tagged(True), tagged("1")],
        [CAT],
    ],
)
def test_alternatives_that_exclude_each_other_go_on_as_they_are(alternatives: list[Schema]) -> None:
    schema = one_of(*alternatives)
    assert check_strict(schema) == schema


@pytest.mark.parametrize(
    "alternatives",
    [
        [TEXT, {"type": "string", "format": "date"}],
        [{"type": "number"}, {"type": "integer"}],
        [CAT, CAT],
        [CAT, tagged("cat", age={"type": "integer"})],
        [CAT, {"type": "object", "properties": {"name": TEXT}}],
        [CAT, {"type": "object", "properties": {"kind": {"const": "dog"}}}],
        [{"enum": ["a", "b"]}, {"enum": ["b", "c"]}],
        [{"const": "a"}, TEXT],
        [{"const": 1}, {"const": 1.0}],
        [{}, TEXT],
        [{"anyOf": [TEXT, {"type": "null"}]}, {"const": None}],
        [{"const": [1]}, {"const": [2]}],
    ],
)
def test_alternatives_that_may_fit_one_text_are_refused(alternatives: list[Schema]) -> None:
    with pytest.raises(ValueError, match="at #: oneOf is honoured as anyOf"):
        check_strict(one_of(*alternatives))
