"""The schemas of all types of the operations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from service.generation import Json
from service.rest.openapi.between_fields import rules_between_fields
from service.rest.openapi.endpoint import (
    REFERENCE,
    Facts,
    describe,
    everything,
    without_efforts,
    without_tools,
)
from service.rest.operations import Operation


class Schemas:
    """Those of all types of the operations, and where each of them is."""

    def __init__(self, operations: Sequence[Operation], extra: Sequence[Any], facts: Facts) -> None:
        wanted = [*typed(operations), *((each, "serialization") for each in extra)]
        unique = {(id(type_), mode): (type_, mode) for type_, mode in wanted}
        places, definitions = TypeAdapter.json_schemas(
            [(key, mode, TypeAdapter(type_)) for (key, _), (type_, mode) in unique.items()],
            ref_template=REFERENCE,
        )
        self._places = places
        defined: Json = definitions.get("$defs", {})
        for schema in everything([defined, list(places.values())]):
            tidy(schema)
        self.components = {component_name(name): schema for name, schema in defined.items()}
        for body in {id(o.body): o.body for o in operations if o.body is not None}.values():
            component = self._component(body)
            describe(component, body, facts)
            if between := rules_between_fields(component["properties"], slots=facts.slots):
                component["allOf"] = between
        if not facts.tools:
            without_tools(self.components)
        if not facts.reasoning_effort:
            without_efforts(self.components)

    def of(self, type_: Any, mode: JsonSchemaMode) -> Json:
        """A reference, or what stands for one."""
        return self._places[(id(type_), mode)]

    def _component(self, body: Any) -> Json:
        name = self.of(body, "validation")["$ref"].rsplit("/", 1)[1]
        component: Json = self.components[name]
        return component


def typed(operations: Sequence[Operation]) -> Iterator[tuple[Any, JsonSchemaMode]]:
    for operation in operations:
        if operation.body is not None:
            yield operation.body, "validation"
        for type_ in (operation.answer, operation.event):
            if type_ is not None:
                yield type_, "serialization"


def component_name(name: str) -> str:
    """`responses.body.Tool`, of the long name that pydantic gives where the short one is taken."""
    return name.removeprefix("service__").removeprefix("rest__").replace("__", ".")


def tidy(schema: Json) -> None:
    """Titles repeat the names; a field that may be left out is not among those required; and keys
    of another form than the one that is told are refused."""
    if isinstance(schema.get("title"), str):
        del schema["title"]
    if "default" in schema and schema["default"] is None:
        del schema["default"]
    if "$ref" in schema:
        *place, name = schema["$ref"].split("/")
        schema["$ref"] = "/".join([*place, component_name(name)])
    if "patternProperties" in schema:
        schema.setdefault("additionalProperties", False)
