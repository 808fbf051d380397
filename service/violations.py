"""What a schema finds wrong with a request, as our error: every field at fault, in our words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pydantic import BeforeValidator, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from service import errors
from service.errors import (
    InvalidRequest,
    InvalidType,
    UnsupportedParameter,
    UnsupportedValue,
    Violation,
)
from service.errors.requests import QUOTED_CHARACTERS

VIOLATIONS_AT_MOST = 20  # a client corrects them one by one; a refusal is not to be a book

TAG = "~"
KEY = "[key]"  # pydantic's mark of an object's key, after the key itself

# Errors of ours: of a value, and of an object by its field `type`.
UNSUPPORTED, UNSUPPORTED_TYPE = "unsupported_value", "unsupported_type"
UNKNOWN_TYPE = "unknown_type"
# Where pydantic speaks of Python's types, or of classes of ours.
RULES: Mapping[str, str] = MappingProxyType(
    {
        "dict_type": "Input should be an object",
        "int_from_float": "Input should be a valid integer",
        "list_type": "Input should be a list",
        "model_type": "Input should be an object",
        "none_required": "Input should be null",
    }
)
# Errors whose sentences tell the value themselves, as far as it helps.
TELLING = ("value_error", "too_long", "too_short")
LEAVE_OUT = "nothing here honours it; leave it out"

NOTHING: Mapping[str, str] = MappingProxyType({})

Location = tuple[int | str, ...]


def invalid_request(
    wrong: ValidationError, unsupported: Mapping[str, str] = NOTHING
) -> InvalidRequest:
    """The error that tells of them all, or of as many as there is room for.

    `unsupported` says, by their names or paths, why fields are not honoured, or not with every
    value.
    """
    found = wrong.errors(include_url=False, include_context=False)
    first = found[0]
    if not first["loc"]:
        return of_all_of_it(first)
    located = [error for error in found if error["loc"]]
    return InvalidRequest.of_all(
        [violation(error, unsupported) for error in located[:VIOLATIONS_AT_MOST]]
    )


def of_all_of_it(error: ErrorDetails) -> InvalidRequest:
    if error["type"] == "model_type":
        got = told(error["input"])
        return InvalidType(f"The body is no JSON object: got {got}; send one, as {{...}}.")
    return InvalidRequest(error["msg"])


def violation(error: ErrorDetails, unsupported: Mapping[str, str] = NOTHING) -> Violation:
    kind, param = error["type"], path(error["loc"])
    why = unsupported.get(param) or unsupported.get(str(error["loc"][0]))
    if kind == "extra_forbidden":
        return Violation(param, f"Unknown parameter: '{param}'.", errors.UnknownParameter.code)
    if kind == "missing":
        message = f"Missing required parameter: '{param}'."
        return Violation(param, message, errors.MissingParameter.code)
    if kind == "none_required":
        return Violation.of(param, why or LEAVE_OUT, code=UnsupportedParameter.code)
    if kind == UNSUPPORTED_TYPE:
        return Violation.of(f"{param}.type", error["msg"], code=UnsupportedValue.code)
    if kind == UNKNOWN_TYPE:
        return Violation.of(f"{param}.type", error["msg"])
    if kind == UNSUPPORTED:
        return Violation.of(param, error["msg"], code=UnsupportedValue.code)
    if why is not None and kind == "literal_error":
        rule = f"got {told(error['input'])}; {why}"
        return Violation.of(param, rule, code=UnsupportedValue.code)
    code = errors.InvalidType.code if kind.endswith("_type") else InvalidRequest.code
    return Violation.of(param, broken_rule(error), code=code)


def broken_rule(error: ErrorDetails) -> str:
    """What the value should be, and what it is."""
    kind = error["type"]
    said = RULES.get(kind, error["msg"]).removeprefix("Value error, ")
    if kind in TELLING:
        return said.replace(" after validation", "").replace("Dictionary", "Object")
    return f"{said}; got {told(error['input'])}"


def told(value: Any) -> str:
    """So much of it as shows what it is; a text may be as long as a request."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int():
            return str(value) if abs(value) < 1e15 else "a number of more than 15 digits"
        case float():
            return f"{value:.7g}"  # as much as gRPC's floats hold
        case str() if len(value) <= QUOTED_CHARACTERS:
            return f"'{value}'"
        case str():
            return f"a text of {len(value)} characters"
        case list():
            return "a list"
        case _:
            return "an object"


def path(location: Location) -> str:
    """`messages[0].content` of ("messages", 0, "content")."""
    parts = [part for part in location if part != KEY and not str(part).startswith(TAG)]
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return text.removeprefix(".")


def tag(name: str) -> str:
    """A name for one case of a pydantic union. The schema puts it into locations; we leave it out,
    because no sender wrote it."""
    return TAG + name


def unsupported(why: str) -> PydanticCustomError:
    """Of a value that an API knows, and that nothing here can honour."""
    return PydanticCustomError(UNSUPPORTED, "{why}", {"why": why})


def unsupported_type(why: str) -> PydanticCustomError:
    """The same of an object, whose `type` says what it is."""
    return PydanticCustomError(UNSUPPORTED_TYPE, "{why}", {"why": why})


def unknown_type(value: dict[str, Any], *types: str) -> PydanticCustomError:
    """Of an object that says in `type` what nobody knows."""
    why = f"Input should be {listed(types)}; got {told(value['type'])}"
    return PydanticCustomError(UNKNOWN_TYPE, "{why}", {"why": why})


def type_of(value: object) -> str | None:
    """What the object says that it is."""
    found = value.get("type") if isinstance(value, dict) else None
    return found if isinstance(found, str) else None


def one_of(*values: str) -> BeforeValidator:
    """Of a field whose value chooses between shapes: who sends none of them is told all, and not
    only that of the shape that was tried."""
    known = f"Input should be {listed(values)}"

    def check(value: object) -> object:
        if value not in values:
            raise PydanticCustomError("literal_error", "{known}", {"known": known})
        return value

    return BeforeValidator(check)


def listed(values: Sequence[str]) -> str:
    """As pydantic lists them."""
    *others, last = (f"'{value}'" for value in values)
    return f"{', '.join(others)} or {last}" if others else last
