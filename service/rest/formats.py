"""OpenAI's `response_format`: text, any JSON object, or JSON that fits a schema."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from service.rest.strict import Json, Strict
from service.sampling import JsonSchema
from service.structure.strictness import check_strict
from service.violations import one_of, tag, type_of

ANY_OBJECT: Json = {"type": "object"}


class TextFormat(Strict):
    type: Annotated[Literal["text"], one_of("text", "json_object", "json_schema")]

    def to_schema(self) -> Json | None:
        return None


class ObjectFormat(Strict):
    type: Literal["json_object"]

    def to_schema(self) -> Json | None:
        return ANY_OBJECT


class NamedSchema(Strict):
    name: str = Field(pattern="^[a-zA-Z0-9_-]{1,64}$")
    schema_: JsonSchema = Field(alias="schema")
    description: str | None = None
    strict: bool | None = Field(
        None, description="true: a keyword that the engine does not honour is refused."
    )

    @model_validator(mode="after")
    def _is_honoured(self) -> Self:
        if self.strict:
            check_strict(self.schema_)
        return self


class SchemaFormat(Strict):
    type: Literal["json_schema"]
    json_schema: NamedSchema

    def to_schema(self) -> Json | None:
        return self.json_schema.schema_


def format_type(value: object) -> str:
    kind = type_of(value)
    return tag(kind if kind in ("json_object", "json_schema") else "text")


ResponseFormat = Annotated[
    Annotated[TextFormat, Tag(tag("text"))]
    | Annotated[ObjectFormat, Tag(tag("json_object"))]
    | Annotated[SchemaFormat, Tag(tag("json_schema"))],
    Discriminator(format_type),
]
