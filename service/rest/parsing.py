"""A request's body as its type, or the fields that are at fault."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from service.errors import InvalidRequest
from service.rest.body_size import check_size
from service.structure.limits import Limits
from service.violations import invalid_request

BodyT = TypeVar("BodyT", bound=BaseModel)

EXACT_FLOATS = 2**53  # beyond, a float is one of several whole numbers


def parse(body_type: type[BodyT], body: bytes) -> BodyT:
    """Raises InvalidRequest that names the fields and the rules.

    A type may say in `unsupported` why it does not honour a field, by the field's name.
    """
    check_size(body)
    try:
        value = from_json(body)
    except ValueError as wrong:
        raise InvalidRequest(f"The body is not valid JSON: {wrong}.") from None
    try:
        return body_type.model_validate(with_whole_numbers(value), context=Limits())
    except ValidationError as wrong:
        unsupported: Mapping[str, str] = getattr(body_type, "unsupported", {})
        raise invalid_request(wrong, unsupported) from None


def with_whole_numbers(value: Any) -> Any:
    """JSON knows no integers: 5.0 is the same number as 5, and some languages write it so."""
    if isinstance(value, dict):
        return {name: with_whole_numbers(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [with_whole_numbers(inner) for inner in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT_FLOATS:
        return int(value)
    return value
