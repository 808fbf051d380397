"""How many alternatives of a JSON Schema one text may leave open: the engine follows them all.

Two alternatives of arrays of themselves are 2 stacks after one [, and 2^20 after twenty: that held
the other streams up for 4.7 s, and 64 alternatives wedged the engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

from service.structure.cycles import circles
from service.structure.references import Json, References, subschemas, within, wrong
from service.structure.rehearsal import WAYS_AT_MOST, Steps

VALUES_AT_MOST = 1000  # as many as an enum may have: a value is over soon
OPEN_AT_MOST = 256  # lists or objects; 960 held the other streams up for 3 s

KINDS = ("object", "array", "scalar")
OF_OBJECTS = ("properties", "additionalProperties", "allOf")
DEFINING = ("$defs/", "definitions/")
OF_LISTS = ("items", "prefixItems")

NAMES_IN_A_STEP = 8

Beginning = tuple[str, int]  # a property's name, and in which circle its schema is
Opening = tuple[str, Json]  # of what kind a text begins, and as what


def check_ambiguity(
    root: Json, references: References, ways: Mapping[str, int], steps: Steps
) -> None:
    """Raises ValueError where what is open may grow without end, or to more than is bearable.

    `ways`: in how many a text may fit each of the patterns.
    """
    Ambiguity(root, references, ways, steps).check()


class Ambiguity:
    """Goes from the schemas that lead to no others to the root."""

    def __init__(
        self, root: Json, references: References, ways: Mapping[str, int], steps: Steps
    ) -> None:
        self._references = references
        self._ways = ways
        self._steps = steps
        self._paths = {id(schema): (path, schema) for path, schema in subschemas(root)}
        self._circle: dict[int, int] = {}
        self._open: dict[int, int] = {}  # by the id of a schema, how many alternatives at most

    def check(self) -> None:
        edges = {
            identity: [id(inner) for inner in self._inside(schema)]
            for identity, (_, schema) in self._paths.items()
        }
        groups = circles(edges)
        self._circle = {each: number for number, group in enumerate(groups) for each in group}
        for group in groups:
            most = max(self._most_open(each, edges[each]) for each in group)
            self._open |= dict.fromkeys(group, most)

    def _inside(self, schema: Json) -> list[Json]:
        inner = [each for place, each in within(schema) if not place.startswith(DEFINING)]
        reference = self._references.get(id(schema))
        return inner if reference is None else [reference, *inner]

    def _most_open(self, identity: int, inner: list[int]) -> int:
        """Of the schema itself; of the others in its circle it has what those have."""
        path, schema = self._paths[identity]
        check_distinct(self._names(schema), path)
        openings = list(self._openings(schema, path)) if is_union(schema) else []
        most = max([1, *(self._open.get(each, 1) for each in inner)])
        for kind in KINDS:
            alike = [each for found, each in openings if found in (kind, "any")]
            if len(alike) > 1:
                together = self._together(alike, self._circle[identity], path)
                check_open(together, VALUES_AT_MOST if kind == "scalar" else OPEN_AT_MOST, path)
                self._check_patterns(alike, path)
                most = max(most, together)
        return most

    def _together(self, alike: list[Json], circle: int, path: str) -> int:
        """Where what an object is stands at its beginning, only one of them goes on."""
        counts = [self._count(each) for each in alike]
        if are_told_apart(alike) or self._are_soon_told_apart(alike, circle):
            return max(len(alike), *counts)
        if any(self._circle[id(each)] == circle for each in alike):
            raise wrong(
                path,
                "two alternatives that lead back here begin alike; give each its own type, or "
                "objects a first property that is required and has its own name or const",
            )
        return sum(counts)

    def _are_soon_told_apart(self, alike: list[Json], circle: int) -> bool:
        """Whether each two are, before a property of theirs leads back."""
        if any(kind_of(each) != "object" or "allOf" in each for each in alike):
            return False
        self._steps.take(sum(len(each.get("properties", ())) for each in alike) // NAMES_IN_A_STEP)
        beginnings = [
            [(name, self._circle[id(each["properties"][name])]) for name in required_names(each)]
            for each in alike
        ]
        return all(self._differ(*pair, circle) for pair in combinations(beginnings, 2))

    def _differ(self, some: list[Beginning], others: list[Beginning], circle: int) -> bool:
        for (name, leads), (other_name, other_leads) in zip(some, others, strict=False):
            self._steps.take(1)
            if name != other_name:
                return True
            if circle in (leads, other_leads):
                return False
        return False

    def _check_patterns(self, alike: list[Json], path: str) -> None:
        """64 of them, each within its bounds, held the other streams up for 0.3 s a token."""
        patterns = (each["pattern"] for each in alike if "pattern" in each)
        if sum(self._ways.get(pattern, 1) for pattern in patterns) > WAYS_AT_MOST:
            raise wrong(path, "one text fits its patterns in too many ways; simplify them")

    def _count(self, schema: Json) -> int:
        return max(self._open.get(id(schema), 1), len(schema.get("enum", ())))

    def _names(self, schema: Json) -> list[str]:
        """Of the properties that allOf puts together."""
        names, todo = [], list(schema.get("allOf", ()))
        while todo:
            self._steps.take(1)
            part = todo.pop()
            todo += part.get("anyOf", [])
            if id(part) in self._references:
                todo.append(self._references[id(part)])
            names += part.get("properties", ())
        return names

    def _openings(self, schema: Json, path: str) -> Iterator[Opening]:
        """What its text may be, without references and alternatives in between."""
        todo, found = [schema], 0
        while todo:
            current = todo.pop()
            found += 1
            self._steps.take(1)
            check_open(found, VALUES_AT_MOST, path)
            if id(current) in self._references:
                todo.append(self._references[id(current)])
            elif alternatives := current.get("oneOf", current.get("anyOf")):
                todo += alternatives
            else:
                yield kind_of(current), current


def check_open(alternatives: int, most: int, path: str) -> None:
    if alternatives > most:
        raise wrong(path, f"one text fits more than {most} alternatives at once; simplify it")


def is_union(schema: Json) -> bool:
    return "$ref" not in schema and ("oneOf" in schema or "anyOf" in schema)


def kind_of(schema: Json) -> str:
    """Types in a list begin differently, each; what such a schema holds is counted for one."""
    if "const" in schema or "enum" in schema:
        return "scalar"
    type_ = schema.get("type")
    if isinstance(type_, str):
        return type_ if type_ in KINDS else "scalar"
    if type_ is not None and not {"object", "array"} & set(type_):
        return "scalar"
    objects, lists = (any(name in schema for name in names) for names in (OF_OBJECTS, OF_LISTS))
    if type_ is not None or objects == lists:
        return "any"
    return "object" if objects else "array"


def check_distinct(names: list[str], path: str) -> None:
    """Raises ValueError. The engine would take a name of two schemas for two alternatives."""
    if len(names) > len(set(names)):
        raise wrong(path, "two schemas of its allOf have a property of the same name")


def are_told_apart(schemas: list[Json]) -> bool:
    """Whether each is an object that begins with another name, or another value of its own."""
    tags = [tag for schema in schemas for tag in first_texts(schema)]
    return all(map(first_texts, schemas)) and len(tags) == len(set(tags))


def first_texts(schema: Json) -> list[str]:
    """How it may begin; none where that is not said. The engine writes what is required first."""
    if kind_of(schema) != "object" or "allOf" in schema:
        return []
    name = next(required_names(schema), None)
    if name is None:
        return []
    first = schema["properties"][name]
    if any(keyword in first for keyword in ("$ref", "oneOf", "anyOf")):
        return []
    values = [first["const"]] if "const" in first else first.get("enum", [])
    return [f"{name!r}: {value!r}" for value in values if isinstance(value, str)]


def required_names(schema: Json) -> Iterator[str]:
    """In the order in which the engine writes them: before all that may be left out."""
    required = set(schema.get("required", ()))
    return (name for name in schema.get("properties", ()) if name in required)
