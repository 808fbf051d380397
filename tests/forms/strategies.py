"""JSON Schemas, patterns and grammars of all kinds, up to the limits and a little beyond them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]

LETTERS = st.sampled_from("abcxyz01 -_.é")
NAMES = st.text('abcdefghijklmnopqrstuvwxyz_0123456789 -"\\é中', min_size=1, max_size=10)
COUNTS = st.one_of(st.integers(0, 5), st.sampled_from([20, 64, 65, 500, 1999]))
WIDTHS = st.one_of(st.integers(0, 5), st.sampled_from([40, 199]))


@st.composite
def ordered(draw: st.DrawFn, least: str, most: str) -> Json:
    """One bound, both, or none; the greater one at most."""
    low, high = sorted([draw(COUNTS), draw(COUNTS)])
    chosen = {least: low, most: high}
    return {name: chosen[name] for name in draw(st.sets(st.sampled_from([least, most])))}


@st.composite
def integers(draw: st.DrawFn) -> Json:
    numbers = st.one_of(st.integers(-100, 100), st.integers(-(2**62), 2**62))
    low, high = sorted([draw(numbers), draw(numbers)])
    bounds = {"minimum": low, "maximum": high}
    chosen = draw(st.sets(st.sampled_from(sorted(bounds))))
    return {"type": "integer"} | {name: bounds[name] for name in chosen}


@st.composite
def repeated(draw: st.DrawFn, atom: str) -> str:
    low, high = sorted([draw(st.integers(0, 12)), draw(st.integers(0, 40))])
    times = ["", "", "", "*", "+", "?", f"{{{low}}}", f"{{{low},}}", f"{{{low},{high}}}"]
    return atom + draw(st.sampled_from(times))


ATOMS = st.sampled_from(
    [
        "a",
        "b",
        "0",
        "x",
        "@",
        " ",
        "[a-z]",
        "[A-Z0-9]",
        "[^a-c]",
        ".",
        r"\d",
        r"\w",
        r"\s",
        r"\.",
        "é",
    ]
)
expressions = st.recursive(
    ATOMS.flatmap(repeated),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=4).map("".join)
        | st.lists(inner, min_size=1, max_size=3).map("|".join).map("({})".format).flatmap(repeated)
    ),
    max_leaves=10,
)
patterns = st.one_of(expressions.map("^{}$".format), expressions)

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-1000, 1000), st.text(LETTERS, max_size=8)
)
texts = st.one_of(
    ordered("minLength", "maxLength"),
    patterns.map(lambda pattern: {"pattern": pattern}),
    st.sampled_from(["date", "time", "date-time", "uuid"]).map(lambda kind: {"format": kind}),
).map(lambda rest: {"type": "string"} | rest)
leaves: st.SearchStrategy[Json] = st.one_of(
    texts,
    texts,
    integers(),
    st.sampled_from(["number", "boolean", "null", "string"]).map(lambda name: {"type": name}),
    st.just({"type": ["string", "null"]}),
    st.lists(SCALARS, min_size=1, max_size=8).map(lambda values: {"enum": values}),
    st.integers(1, 900).map(lambda many: {"enum": [f"value {number}" for number in range(many)]}),
    SCALARS.map(lambda value: {"const": value}),
    st.just({"$ref": "#/$defs/tree"}),
)


@st.composite
def objects(draw: st.DrawFn, inner: st.SearchStrategy[Json]) -> Json:
    properties = draw(st.dictionaries(NAMES, inner, max_size=4))
    wide = {f"p{number}": {"type": "string"} for number in range(draw(WIDTHS))}
    names = [*properties, *wide]
    required = draw(st.sets(st.sampled_from(names), max_size=60)) if names else set()
    schema = {"type": "object", "properties": wide | properties, "required": sorted(required)}
    additional = draw(st.sampled_from([None, None, False, True, {"type": "integer"}]))
    return schema if additional is None else schema | {"additionalProperties": additional}


@st.composite
def arrays(draw: st.DrawFn, inner: st.SearchStrategy[Json]) -> Json:
    if draw(st.booleans()):
        return {"type": "array", "prefixItems": draw(st.lists(inner, min_size=1, max_size=3))}
    return {"type": "array", "items": draw(inner)} | draw(ordered("minItems", "maxItems"))


schemas = st.recursive(
    leaves,
    lambda inner: st.one_of(
        objects(inner),
        arrays(inner),
        st.lists(inner, min_size=1, max_size=4).map(lambda each: {"anyOf": each}),
    ),
    max_leaves=6,
).map(
    lambda schema: (
        schema
        | {"$defs": {"tree": {"type": "object", "properties": {"next": {"$ref": "#/$defs/tree"}}}}}
    )
)

TERMINALS = ['"a"', '"b"', '" "', '"ab"', '"\\n"', "[a-z]", "[ \\t]", "[^x]", ".", '""']


@st.composite
def repeated_rule(draw: st.DrawFn, atom: str) -> str:
    low, high = sorted([draw(st.integers(0, 8)), draw(st.integers(0, 70))])
    times = ["", "", "", "*", "+", "?", f"{{{low}}}", f"{{{low},}}", f"{{{low},{high}}}"]
    return atom + draw(st.sampled_from(times))


def rule(later: list[str]) -> st.SearchStrategy[str]:
    """Of characters, of later rules, and of all of them once a bracket was opened."""
    atoms = [*TERMINALS, *TERMINALS, *later, '"(" root ")"']
    return st.recursive(
        st.sampled_from(atoms).map("({})".format).flatmap(repeated_rule),
        lambda inner: (
            st.lists(inner, min_size=1, max_size=4).map(" ".join)
            | st.lists(inner, min_size=1, max_size=4)
            .map(" | ".join)
            .map("({})".format)
            .flatmap(repeated_rule)
        ),
        max_leaves=8,
    )


grammars = st.tuples(
    rule(["r1", "r2", "r3"]).map("root ::= {}".format),
    rule(["r2", "r3"]).map("r1 ::= {}".format),
    rule(["r3"]).map("r2 ::= {}".format),
    rule([]).map("r3 ::= {}".format),
).map("\n".join)
forms = st.one_of(
    schemas.map(lambda schema: {"json_schema": schema}),
    schemas.map(lambda schema: {"json_schema": schema}),
    grammars.map(lambda grammar: {"grammar": grammar}),
)
