"""What a setting may hold, and what to set instead of what it may not hold, in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

# For pydantic's kinds of errors, whose own words say what is wrong and not what to do.
REMEDIES: Final = {
    "bool_parsing": "set true or false",
    "enum": "set one of {expected}",
    "finite_number": "set a number that is finite",
    "float_parsing": "set a number",
    "greater_than": "set more than {gt:g}",
    "greater_than_equal": "set {ge:g} or more",
    "int_from_float": "set a whole number",
    "int_parsing": "set a whole number",
    "less_than_equal": "set {le:g} or less",
    "string_too_short": "set a value, or leave it unset for the default",
}
ORIGIN: Final = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9a-f:]+\])(:\d{1,5})?")
ANY_ORIGIN: Final = "*"


def form(pattern: str, remedy: str) -> AfterValidator:
    """Of a text that the whole pattern fits, or that is empty; `remedy` says what to set else."""
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if value and not compiled.fullmatch(value):
            raise PydanticCustomError("form", "{remedy}", {"remedy": remedy})
        return value

    return AfterValidator(check)


def comma_separated(value: object) -> object:
    """`a,b` is two, and nothing is none."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def origins(found: tuple[str, ...]) -> tuple[str, ...]:
    """As browsers send them: with no path, not even `/`."""
    if found != (ANY_ORIGIN,) and not all(ORIGIN.fullmatch(each) for each in found):
        remedy = (
            "set origins like https://app.example.com, each with its scheme and no path, "
            "with commas between, or * alone"
        )
        raise PydanticCustomError("origins", "{remedy}", {"remedy": remedy})
    return found


Something = Annotated[str, Field(min_length=1)]
Origins = Annotated[tuple[str, ...], BeforeValidator(comma_separated), AfterValidator(origins)]


def remedy(error: Mapping[str, Any]) -> str:
    """What to set, for one of pydantic's errors."""
    template: str | None = REMEDIES.get(error["type"])
    return template.format(**error.get("ctx", {})) if template else str(error["msg"])
