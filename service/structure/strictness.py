"""What the engine does not hold an answer to: refused where the schema is to be kept strictly."""

from __future__ import annotations

from service.structure.exclusivity import check_exclusive
from service.structure.keywords import BOUNDS, IGNORED
from service.structure.references import Json, subschemas, wrong
from service.structure.rulebook import TIMES_AT_MOST

ALTERNATIVES = ("$ref", "oneOf", "anyOf")
DECIDED = (*ALTERNATIVES, "const", "enum")  # the first of these is all that counts
OBJECTS = ("properties", "additionalProperties", "required")
LISTS = ("items", "prefixItems", "minItems", "maxItems")
LENGTHS = ("minLength", "maxLength")
OF_TYPES = (*OBJECTS, *LISTS, "pattern", "format", *LENGTHS, *BOUNDS)
FORMATS = ("date", "time", "date-time", "uuid")  # measured; any other one is ignored


def check_strict(schema: Json) -> Json:
    """The schema itself. Raises ValueError for a keyword that would be ignored, or be another."""
    for path, each in subschemas(schema):
        for ignored in ignored_keywords(each):
            raise wrong(path, f"{ignored} is {honoured(ignored, each)}; leave it out, or strict")
        if "oneOf" in each and "$ref" not in each:
            check_exclusive(each, schema, path)
    return schema


def honoured(keyword: str, schema: Json) -> str:
    """How far: a bound is one of whole numbers, where nothing else decides the value."""
    if keyword in BOUNDS and not any(deciding in schema for deciding in DECIDED):
        return "honoured of integers only"
    return "not honoured here"


def ignored_keywords(schema: Json) -> list[str]:
    """Those that are there. What allOf asks for the engine takes for required, or leaves out."""
    ignored = [keyword for keyword in IGNORED if schema.get(keyword, False) is not False]
    ignored += ["allOf", *beside_what_decides(schema)]
    if "integer" not in types(schema) or "number" in types(schema):
        ignored += BOUNDS
    if "properties" not in schema and schema.get("required"):
        ignored.append("required")
    if "items" not in schema and "prefixItems" not in schema:
        ignored += ["minItems", "maxItems"]
    ignored += ignored_of_texts(schema)
    ignored += [
        keyword for keyword in ("maxLength", "maxItems") if schema.get(keyword, 0) > TIMES_AT_MOST
    ]
    return [keyword for keyword in ignored if keyword in schema and schema[keyword] != []]


def beside_what_decides(schema: Json) -> list[str]:
    """A value or others; without them what the type has; without a type, an object's first."""
    deciding = next((keyword for keyword in DECIDED if keyword in schema), None)
    if deciding is not None:
        type_ = ["type"] if deciding in ALTERNATIVES else []
        return [*DECIDED[DECIDED.index(deciding) + 1 :], *type_, *OF_TYPES]
    if "type" in schema:
        return []
    kinds = (OBJECTS[:2], LISTS[:2], ("pattern",), ("format",))
    present = [kind for kind in kinds if any(keyword in schema for keyword in kind)]
    return [*LENGTHS, *(keyword for kind in present[1:] for keyword in kind)]


def ignored_of_texts(schema: Json) -> list[str]:
    if "pattern" in schema:
        return ["format", *LENGTHS]
    if schema.get("format") in FORMATS:
        return [*LENGTHS]
    return ["format"]


def types(schema: Json) -> list[str]:
    named = schema.get("type", [])
    return named if isinstance(named, list) else [named]
