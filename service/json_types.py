"""Types of fields as JSON and its schemas understand them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError


def off(value: object) -> object:
    """To Python 0 is False as well."""
    if value is not False:
        raise PydanticCustomError("literal_error", "Input should be false")
    return value


# OpenAI's `user`: the caller's own name for who asks. Nothing is done with it.
EndUser = Annotated[str, Field(max_length=512)]
Off = Annotated[Literal[False], BeforeValidator(off), WithJsonSchema({"const": False})]
