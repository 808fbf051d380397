"""Forms of an answer: schemas, patterns and grammars, with what engines are lost in among them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Strategy = st.SearchStrategy[Any]

counts = st.one_of(st.integers(0, 6), st.sampled_from([50, 300, 2001, 10**6, 10**12]))
words = st.sampled_from(["fox", "a", "é", "🦊", '"', "\\", "\n", "{", " ", "a" * 300])

quantifiers = st.one_of(
    st.sampled_from(["", "", "?", "*", "+", "??"]),
    counts.map("{{{}}}".format),
    counts.map("{{{},}}".format),
    st.tuples(counts, counts).map("{0[0]},{0[1]}".format).map("{{{}}}".format),
)
regex_atoms = st.sampled_from(
    (
        *("a", "b", ".", "[a-z]", "[^0-9]", "[]", r"\d", r"\w", r"\s", r"\.", r"\u00e9", "é"),
        *(r"\b", r"\1", "^", "$", "(?=a)", "(?:ab)", "(", ")", "[", "|", r"\p{L}"),
    )
)


def repeated(inner: Strategy) -> Strategy:
    pieces = st.lists(inner, min_size=1, max_size=3)
    group = st.tuples(st.sampled_from(["", "|"]), pieces).map(lambda both: both[0].join(both[1]))
    return st.tuples(group, quantifiers).map(lambda both: f"({both[0]}){both[1]}")


parts_of_patterns = st.recursive(regex_atoms, repeated, max_leaves=6)
patterns = st.one_of(
    parts_of_patterns, parts_of_patterns.map(lambda inner: f"^{inner}$"), st.text(max_size=12)
)

REFERENCES = (
    *("#", "#/$defs/a", "#/$defs/b", "#/nowhere", "http://a/b"),
    *("#/$defs", "#/properties", "#/const", "#/default", "#/anyOf/0", "#/hidden/bad"),
)
LEAVES: dict[str, Strategy] = {
    "type": st.sampled_from(["string", "integer", "number", "boolean", "null", "array", "object"]),
    "minLength": counts,
    "maxLength": counts,
    "pattern": patterns,
    "format": st.sampled_from(["date", "date-time", "uuid", "time", "email", "fox"]),
    "minimum": st.one_of(counts, st.floats(allow_nan=False, allow_infinity=False)),
    "maximum": counts,
    "exclusiveMinimum": counts,
    "multipleOf": st.sampled_from([1, 0.1, 0]),
    "enum": st.lists(st.one_of(words, st.integers(), st.none()), max_size=4),
    "const": st.one_of(words, st.integers(), st.none(), st.just({"a": [1]})),
    "minItems": counts,
    "maxItems": counts,
    "$ref": st.sampled_from(REFERENCES),
    "title": words,
    "default": words,
}


def holders(inner: Strategy) -> Strategy:
    """Schemas that hold others."""
    some = st.lists(inner, min_size=1, max_size=3)
    named = st.dictionaries(words, inner, max_size=3)
    fields: dict[str, Strategy] = LEAVES | {
        "items": inner,
        "prefixItems": some,
        "properties": named,
        "patternProperties": named,
        "additionalProperties": st.one_of(st.booleans(), inner),
        "required": st.lists(words, max_size=3),
        "anyOf": some,
        "oneOf": some,
        "allOf": some,
        "not": inner,
        "$defs": st.fixed_dictionaries({"a": inner}, optional={"b": inner}),
        "minProperties": counts,
    }
    return some_keys(fields)


@st.composite
def some_keys(draw: st.DrawFn, fields: dict[str, Strategy]) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from(sorted(fields)), max_size=4, unique=True))
    return {name: draw(fields[name]) for name in names}


def leading_back(alternatives: list[Any]) -> dict[str, Any]:
    """A schema whose alternatives hold it again, some of them alike."""
    return {"$ref": "#/$defs/a", "$defs": {"a": {"anyOf": alternatives}}}


again: Any = {"$ref": "#/$defs/a"}
recursive_schemas = st.lists(
    st.sampled_from(
        [
            {"type": "array", "items": again, "minItems": 1},
            {"type": "object", "properties": {"kind": {"const": "b"}, "a": again}},
            {"type": ["array", "object"], "additionalProperties": again, "items": {}},
            {"allOf": [{"properties": {"a": again}}, {"anyOf": [{"properties": {"a": again}}]}]},
            {"type": "string"},
            {},
        ]
    ),
    min_size=1,
    max_size=64,
).map(leading_back)

schemas = st.recursive(some_keys(LEAVES), holders, max_leaves=6).filter(
    lambda schema: isinstance(schema, dict)
)
schemas = st.one_of(schemas, schemas, schemas, recursive_schemas)

NAMES = ("root", "a", "b-c")
grammar_atoms = st.one_of(
    st.sampled_from([*NAMES, "nowhere", "[a-z]", "[^\\n]", "[]", ".", '""', '"\\x41"', '"', "("]),
    words.map(lambda word: f'"{word}"'),
)


def combined(inner: Strategy) -> Strategy:
    pieces = st.lists(inner, min_size=1, max_size=3)
    group = st.tuples(st.sampled_from([" ", " | "]), pieces).map(lambda both: both[0].join(both[1]))
    return st.tuples(group, quantifiers).map(lambda both: f"({both[0]}){both[1]}")


expressions = st.recursive(grammar_atoms, combined, max_leaves=6)
plain_grammars = st.lists(
    st.tuples(st.sampled_from(NAMES), expressions).map(lambda both: f"{both[0]} ::= {both[1]}"),
    min_size=1,
    max_size=4,
).map(lambda rules: "\n".join(["root ::= a", *rules] if len(rules) % 2 else rules))
ways_back = st.tuples(
    st.sampled_from(['"a"', '"aaaaaaaaaaaaaaaa"', "[a-z]", "[^b]", '"("', "a", "a?", "<[7]>"]),
    st.sampled_from(["root", "(root)*", "root?", "a"]),
    st.sampled_from(['"b"', '"c"', "", "a"]),
).map(" ".join)
recursive_grammars = st.lists(ways_back, min_size=1, max_size=20).map(
    lambda ways: "root ::= " + " | ".join([*ways, '"d"']) + '\na ::= "(" root ")" | "e"'
)
grammars = st.one_of(plain_grammars, plain_grammars, recursive_grammars)
