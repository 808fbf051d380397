"""The keywords of JSON Schema, by what they hold and what becomes of them here."""

from __future__ import annotations

OBJECTS_OF_SCHEMAS = ("$defs", "definitions", "properties")
LISTS_OF_SCHEMAS = ("anyOf", "oneOf", "allOf", "prefixItems")
HOLDING_SCHEMAS = frozenset(
    [*OBJECTS_OF_SCHEMAS, *LISTS_OF_SCHEMAS, "items", "additionalProperties"]
)
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
COUNTS = ("minLength", "maxLength", "minItems", "maxItems")
# Left out in silence by the engine (measured); strictness.py refuses them.
IGNORED = (
    "contains",
    "dependentRequired",
    "dependentSchemas",
    "else",
    "if",
    "maxContains",
    "maxProperties",
    "minContains",
    "minProperties",
    "multipleOf",
    "not",
    "patternProperties",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
    "uniqueItems",
)
DESCRIBING = (
    "$comment",
    "$id",
    "$schema",
    "default",
    "deprecated",
    "description",
    "examples",
    "readOnly",
    "title",
    "writeOnly",
)
KNOWN = frozenset(
    [
        *OBJECTS_OF_SCHEMAS,
        *LISTS_OF_SCHEMAS,
        *BOUNDS,
        *COUNTS,
        *IGNORED,
        *DESCRIBING,
        "$ref",
        "type",
        "enum",
        "const",
        "items",
        "additionalProperties",
        "required",
        "pattern",
        "format",
    ]
)
TYPES = ("string", "number", "integer", "boolean", "null", "array", "object")
