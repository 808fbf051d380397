"""Whether the alternatives of oneOf exclude each other: the engine takes it for anyOf."""

from __future__ import annotations

from service.structure.keywords import TYPES
from service.structure.references import Json, resolved, wrong

UNIONS = ("oneOf", "anyOf")
OBJECTS = ("properties", "additionalProperties")


def check_exclusive(schema: Json, root: Json, path: str) -> None:
    """Raises ValueError unless no text can fit two alternatives, and that is easily seen."""
    by_type: dict[str, list[Json]] = {}
    for alternative in schema["oneOf"]:
        found = followed(alternative, root, path)
        for type_ in types_of(found):
            by_type.setdefault(type_, []).append(found)
    for type_, alike in by_type.items():
        if len(alike) > 1 and not are_exclusive(type_, alike):
            raise wrong(
                path,
                "oneOf is honoured as anyOf, and two of its alternatives may fit one text; give "
                "each its own type, or objects a property that all of them require and that has "
                "another const in each; or send anyOf",
            )


def followed(schema: Json, root: Json, path: str) -> Json:
    """Where its references lead."""
    while "$ref" in schema:
        schema = resolved(schema["$ref"], root, path)
    return schema


def types_of(schema: Json) -> set[str]:
    """A whole number is a number too."""
    if any(keyword in schema for keyword in UNIONS):
        return set(TYPES)
    if values := values_of(schema):
        return {type_of(value) for value in values}
    named = schema.get("type", TYPES)
    if "type" not in schema and any(keyword in schema for keyword in OBJECTS):
        named = "object"
    each = named if isinstance(named, list | tuple) else [named]
    return {"number" if type_ == "integer" else type_ for type_ in each}


def are_exclusive(type_: str, alternatives: list[Json]) -> bool:
    if len({id(each) for each in alternatives}) < len(alternatives):
        return False
    if type_ != "object":
        return have_own_values(alternatives)
    named = [each.get("properties", {}) for each in alternatives]
    required = [each.get("required", ()) for each in alternatives]
    common = set(required[0]).intersection(*required[1:], *named)
    return any(have_own_values([each[name] for each in named]) for name in common)


def have_own_values(schemas: list[Json]) -> bool:
    """Whether each has values, and no two have the same."""
    each = [{(type_of(value), value) for value in values_of(schema)} for schema in schemas]
    return all(each) and len(set().union(*each)) == sum(map(len, each))


def values_of(schema: Json) -> list[object]:
    """All that it may be, where that is said; not of lists and objects."""
    if "$ref" in schema or any(keyword in schema for keyword in UNIONS):
        return []
    values = [schema["const"]] if "const" in schema else list(schema.get("enum", ()))
    return [] if any(isinstance(value, list | dict) for value in values) else values


def type_of(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    return "string" if isinstance(value, str) else "number"
