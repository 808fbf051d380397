"""A bound that is looked at before what it bounds."""

from __future__ import annotations

from pydantic import BeforeValidator
from pydantic_core import PydanticKnownError


def fields_at_most(count: int) -> BeforeValidator:
    """Of an object whose fields have types. Pydantic's own `max_length` comes after all of them,
    and after an error for each: 25,000 took 0.3 s (measured)."""

    def check(value: object) -> object:
        if isinstance(value, dict) and len(value) > count:
            told = {"field_type": "Dictionary", "max_length": count, "actual_length": len(value)}
            raise PydanticKnownError("too_long", told)
        return value

    return BeforeValidator(check)
