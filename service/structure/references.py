"""The schemas in a schema, and which of them its references lead to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from service.structure.cycles import has_cycle
from service.structure.keywords import HOLDING_SCHEMAS, OBJECTS_OF_SCHEMAS

Json = dict[str, Any]
References = dict[int, Json]  # by the id of a schema with a $ref: the schema it leads to

NAMELESS = re.compile("[^a-zA-Z0-9-]+")


def check_references(root: Json) -> References:
    """Where each leads. Raises ValueError for one that leads to no schema that was checked."""
    places = list(subschemas(root))
    known = {id(schema) for _, schema in places}
    references: References = {}
    texts: dict[str, str] = {}
    for path, schema in places:
        if "$ref" in schema:
            target = resolved(schema["$ref"], root, path)
            if id(target) not in known:
                raise wrong(path, f"$ref {schema['$ref'][:64]} leads to no schema")
            check_rule_name(schema["$ref"], texts, path)
            references[id(schema)] = target
    edges = {id(each): [id(same) for same in beginnings(each, references)] for _, each in places}
    if has_cycle(edges):
        raise wrong("#", "a $ref leads to itself, with nothing between")
    return references


def resolved(reference: object, root: Json, path: str) -> Any:
    """What stands there. Raises ValueError for a reference that leads out of the schema."""
    if not isinstance(reference, str) or not reference.startswith("#/"):
        raise wrong(path, "$ref leads to a place in the same schema, as in #/$defs/name")
    place: Any = root
    for name in reference[2:].split("/"):
        place = place.get(name) if isinstance(place, dict) else None
    return place


def check_rule_name(reference: str, texts: dict[str, str], path: str) -> None:
    """Raises ValueError for two that the engine takes for one: it keeps letters, digits and -."""
    name = NAMELESS.sub("-", reference)
    if texts.setdefault(name, reference) != reference:
        raise wrong(path, f"$ref {reference[:64]} is too like {texts[name][:64]}; rename one")


def beginnings(schema: Json, references: References) -> list[Json]:
    """The schemas with which its text may begin."""
    if id(schema) in references:
        return [references[id(schema)]]
    return [each for keyword in ("anyOf", "oneOf", "allOf") for each in schema.get(keyword, ())]


def subschemas(schema: Json) -> Iterator[tuple[str, Json]]:
    """It, and all in it, each with its path."""
    todo = [("#", schema)]
    while todo:
        path, current = todo.pop()
        yield path, current
        todo += [(f"{path}/{place}", inner) for place, inner in within(current)]


def within(schema: Json) -> Iterator[tuple[str, Json]]:
    """The schemas directly in it, each with its place."""
    for keyword, found in schema.items():
        if keyword not in HOLDING_SCHEMAS:
            continue
        if keyword in OBJECTS_OF_SCHEMAS:
            for name, inner in found.items():
                yield f"{keyword}/{name}", inner
        elif isinstance(found, dict):
            yield keyword, found
        elif isinstance(found, list):
            for index, each in enumerate(found):
                yield f"{keyword}/{index}", each


def wrong(path: str, rule: str) -> ValueError:
    return ValueError(f"at {path[:200]}: {rule}")
