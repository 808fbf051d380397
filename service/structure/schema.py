"""JSON Schemas: which of them the engine can be given, and as what.

The engine honours one kind of keyword in each schema: a reference, else alternatives, else a value,
else what its type has. https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from service.structure.ambiguity import check_ambiguity
from service.structure.keywords import (
    BOUNDS,
    COUNTS,
    KNOWN,
    LISTS_OF_SCHEMAS,
    OBJECTS_OF_SCHEMAS,
    TYPES,
)
from service.structure.limits import Limits
from service.structure.pattern import written_anew
from service.structure.references import Json, check_references, wrong
from service.structure.rulebook import TIMES_AT_MOST

# Measured on two cores at 20 ms a token. 800 optional properties take 2.2 s to turn into rules and
# hold the other streams up for 0.6 s, 2,000 over 10 s; 200 do not show. 5,461 schemas in each other
# took 1.3 s.
SCHEMAS_AT_MOST = 1000
OPTIONAL_AT_MOST = 200
# From the 64th level on the engine ignores the schema of a completion, and any text fits.
NESTED_AT_MOST = 32
STEPS_A_SCHEMA = 4  # and one a keyword: about as long as it takes to read it
ALTERNATIVES_AT_MOST = 64
# Names that additional properties must not have become a tree of alternatives.
NAMES_BESIDE_OTHERS_AT_MOST = 50
INT64 = range(-(2**63), 2**63)
INT32_MAX = 2**31 - 1


def prepared_schema(schema: Json, limits: Limits | None = None) -> Json:
    """The schema as the engine honours it. Raises ValueError that says what is wrong, and where.

    `limits` are those of the request, where it has several forms.
    """
    return SchemaReader(schema, limits or Limits()).read()


class SchemaReader:
    """Reads one schema from its root, by the paths that JSON Schema's references use."""

    def __init__(self, schema: Json, limits: Limits) -> None:
        self._root = schema
        self._limits = limits
        self._schemas = 0
        self._ways: dict[str, int] = {}  # by a pattern as the engine gets it

    def read(self) -> Json:
        read = self._schema(self._root, "#", 0)
        for value in scalars(read):
            check_scalar(value)
        check_ambiguity(read, check_references(read), self._ways, self._limits.steps)
        return read

    def _schema(self, schema: object, path: str, depth: int) -> Json:
        if schema is True:
            return {}
        if not isinstance(schema, dict):
            raise wrong(path, "a schema is an object")
        if depth > NESTED_AT_MOST:
            raise wrong(path, f"schemas are nested more than {NESTED_AT_MOST} deep")
        self._schemas += 1
        if self._schemas > SCHEMAS_AT_MOST:
            raise wrong(path, f"there are more than {SCHEMAS_AT_MOST} schemas; simplify it")
        self._take(1, "schemas", path)
        self._limits.steps.take(STEPS_A_SCHEMA + len(schema))
        read = {keyword: value for keyword, value in schema.items() if keyword in KNOWN}
        for keyword in OBJECTS_OF_SCHEMAS:
            if keyword in schema:
                read[keyword] = self._each(schema[keyword], f"{path}/{keyword}", depth)
        for keyword in LISTS_OF_SCHEMAS:
            if keyword in schema:
                read[keyword] = self._list(schema[keyword], f"{path}/{keyword}", depth)
        self._items(read, path, depth)
        self._additional(read, path, depth)
        self._values(read, path)
        self._typed(read, path)
        return read

    def _each(self, schemas: object, path: str, depth: int) -> Json:
        if not isinstance(schemas, dict):
            raise wrong(path, "it is an object of schemas")
        for name in schemas:
            self._take(len(name), "characters in names and values", path)
        return {
            name: self._schema(schema, f"{path}/{name}", depth + 1)
            for name, schema in schemas.items()
        }

    def _list(self, schemas: object, path: str, depth: int) -> list[Json]:
        if not isinstance(schemas, list) or not schemas:
            raise wrong(path, "it is a list of schemas, at least one")
        if len(schemas) > ALTERNATIVES_AT_MOST:
            raise wrong(path, f"it has more than {ALTERNATIVES_AT_MOST} schemas")
        return [
            self._schema(schema, f"{path}/{index}", depth + 1)
            for index, schema in enumerate(schemas)
        ]

    def _items(self, read: Json, path: str, depth: int) -> None:
        """A list of schemas is a tuple; what comes after it cannot be told the engine."""
        if "items" not in read:
            return
        items = read["items"]
        if "prefixItems" in read and items in (True, False):
            del read["items"]
        elif "prefixItems" in read:
            raise wrong(path, "items beside prefixItems are not honoured; leave them out")
        elif isinstance(items, list):
            read["items"] = self._list(items, f"{path}/items", depth)
        else:
            read["items"] = self._schema(items, f"{path}/items", depth + 1)

    def _additional(self, read: Json, path: str, depth: int) -> None:
        additional = read.get("additionalProperties", False)
        if additional is False:
            return
        read["additionalProperties"] = self._schema(
            additional, f"{path}/additionalProperties", depth + 1
        )
        if len(read.get("properties", ())) > NAMES_BESIDE_OTHERS_AT_MOST:
            raise wrong(
                path,
                f"additionalProperties beside more than {NAMES_BESIDE_OTHERS_AT_MOST} properties "
                "are too much; send false",
            )

    def _tuple(self, read: Json, path: str) -> None:
        """It is written whole, however many items are asked for."""
        length = len(read.get("prefixItems", ()))
        least, most = read.get("minItems", length), read.get("maxItems", length)
        if length and not least <= length <= most:
            raise wrong(path, f"prefixItems are {length}, and so cannot be {least} to {most} items")

    def _values(self, read: Json, path: str) -> None:
        values = read.get("enum", [])
        if not isinstance(values, list) or ("enum" in read and not values):
            raise wrong(path, "enum is a list of values, at least one")
        if "const" in read:
            values = [*values, read["const"]]
        self._take(len(values), "values", path)
        for value in values:
            self._take(characters(value), "characters in names and values", path)

    def _typed(self, read: Json, path: str) -> None:
        types = read.get("type", [])
        check_types(types if isinstance(types, list) else [types], path)
        if types == [] and "type" in read:
            raise wrong(path, "type names no type")
        self._counts(read, path)
        self._tuple(read, path)
        check_bounds(read, path)
        self._object(read, path)
        if "pattern" in read:
            read["pattern"] = self._pattern(read["pattern"], path)
        if not isinstance(read.get("format", ""), str):
            raise wrong(path, "format is a text")

    def _counts(self, read: Json, path: str) -> None:
        for keyword in COUNTS:
            count = read.get(keyword, 0)
            if not is_integer(count) or not 0 <= count <= INT32_MAX:
                raise wrong(path, f"{keyword} is a whole number from 0 on")
        for what in ("Length", "Items"):
            least, most = read.get(f"min{what}", 0), read.get(f"max{what}")
            if least > TIMES_AT_MOST:
                raise wrong(path, f"min{what} is {least}; {TIMES_AT_MOST} is the most")
            if most is not None and least > most:
                raise wrong(path, f"min{what} {least} is above max{what} {most}")
            self._take(least if most is None else min(most, TIMES_AT_MOST), "repetitions", path)

    def _object(self, read: Json, path: str) -> None:
        required, names = read.get("required", []), read.get("properties", {})
        if not isinstance(required, list) or not all(isinstance(name, str) for name in required):
            raise wrong(path, "required is a list of names")
        if len(set(names) - set(required)) > OPTIONAL_AT_MOST:
            raise wrong(path, f"more than {OPTIONAL_AT_MOST} properties are optional")
        unknown = set(required) - set(names)
        if unknown and "properties" in read:
            raise wrong(
                path, f"required names {min(unknown)[:64]}, which is none of its properties"
            )

    def _pattern(self, pattern: object, path: str) -> str:
        if not isinstance(pattern, str):
            raise wrong(path, "pattern is a text")
        try:
            known = self._limits.patterns
            if pattern not in known:
                known[pattern] = written_anew(pattern, self._limits.steps)
            text, self._ways[text] = known[pattern]
            return text
        except ValueError as refused:
            raise wrong(path, str(refused)) from None

    def _take(self, amount: int, unit: str, path: str) -> None:
        try:
            self._limits.take(amount, unit)
        except ValueError as refused:
            raise wrong(path, str(refused)) from None


def check_types(types: list[object], path: str) -> None:
    """Raises ValueError. A type that is named twice would be two alternatives of one text."""
    if any(type_ not in TYPES for type_ in types):
        raise wrong(path, f"type is one of {', '.join(TYPES)}, or some of them")
    if len(types) > len(TYPES) or len(set(map(str, types))) < len(types):
        raise wrong(path, "type names one twice")


def scalars(value: object) -> Iterator[object]:
    """All that is no list and no object, wherever it stands."""
    todo = [value]
    while todo:
        current = todo.pop()
        if isinstance(current, dict):
            todo += current.values()
        elif isinstance(current, list):
            todo += current
        else:
            yield current


def check_scalar(value: object) -> None:
    """Raises ValueError for a number that JSON does not have, or that the engine does not."""
    if isinstance(value, float) and not math.isfinite(value):
        raise wrong("#", f"{value} is no number of JSON")
    if is_integer(value) and value not in INT64:
        raise wrong("#", "a whole number in it does not fit 64 bits")


def check_bounds(read: Json, path: str) -> None:
    """Raises ValueError where no whole number is between them: the engine then ignores it all."""
    found = {keyword: read[keyword] for keyword in BOUNDS if keyword in read}
    for keyword, bound in found.items():
        if isinstance(bound, bool) or not isinstance(bound, int | float):
            raise wrong(path, f"{keyword} is a number")
        if not -(2**62) <= bound <= 2**62:
            raise wrong(path, f"{keyword} is beyond what whole numbers can be held to")
    least = max(
        math.ceil(found.get("minimum", -(2**63))),
        math.floor(found.get("exclusiveMinimum", -(2**63))) + 1,
    )
    most = min(
        math.floor(found.get("maximum", 2**63)), math.ceil(found.get("exclusiveMaximum", 2**63)) - 1
    )
    if least > most:
        raise wrong(path, "no number is between its minimum and its maximum")


def characters(value: object) -> int:
    return sum(len(str(scalar)) for scalar in scalars(value))


def is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
