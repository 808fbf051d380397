"""Wild JSON, and JSON that was valid until it was changed in some places."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import strategies as st

BORDERS = (0, 1, -1, 2**31 - 1, 2**31, 2**32, 2**63, -(2**63) - 1, 10**40)
EXTREMES = (0.0, -0.0, 1e-320, 1e308, float("inf"), float("-inf"), float("nan"))

# Every character there is, lone halves of surrogate pairs and NUL among them.
texts = st.text(st.characters(exclude_categories=()), max_size=20)
numbers = st.one_of(st.sampled_from(BORDERS), st.integers(), st.sampled_from(EXTREMES), st.floats())
scalars = st.one_of(st.none(), st.booleans(), numbers, texts)
wild_json = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)


@st.composite
def nested(draw: st.DrawFn) -> Any:
    """Deeper than a parser likes, up to more than it bears."""
    depth = draw(st.sampled_from([20, 200, 900]))
    value: Any = draw(scalars)
    name = draw(st.sampled_from(["a", "", "type", "properties"]))
    as_list = draw(st.booleans())
    for _ in range(depth):
        value = [value] if as_list else {name: value}
    return value


@st.composite
def mutated(draw: st.DrawFn, valid: st.SearchStrategy[Any]) -> Any:
    """A valid document with up to three changes; with none it stays valid."""
    document = copy.deepcopy(draw(valid))
    for _ in range(draw(st.integers(0, 3))):
        document = change(draw, document)
    return document


def change(draw: st.DrawFn, document: Any) -> Any:
    """Replaces, removes, adds or wraps one value somewhere."""
    holder, key = draw(st.sampled_from(list(places(document)) or [(None, None)]))
    how = draw(st.sampled_from(["replace", "replace", "remove", "add", "wrap", "deepen"]))
    if holder is None:
        return draw(wild_json)
    match how:
        case "replace":
            holder[key] = draw(wild_json)
        case "remove":
            del holder[key]
        case "wrap":
            holder[key] = [holder[key]]
        case "deepen":
            holder[key] = draw(nested())
        case "add" if isinstance(holder, dict):
            holder[draw(texts)] = draw(wild_json)
        case "add":
            holder.append(copy.deepcopy(holder[key]))
    return document


def places(value: Any) -> Any:
    """Where a value stands: its holder and its key there."""
    if isinstance(value, dict | list):
        for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
            yield value, key
            yield from places(inner)


def encoded(document: Any) -> bytes:
    """As Python writes it: NaN and Infinity bare, surrogates as escapes."""
    return json.dumps(document).encode()
