"""CloudFormation's functions, as far as they are written as they should be."""

import re
from collections.abc import Callable
from typing import Any, Final

from cfnlint.helpers import is_function  # type: ignore[import-untyped]

SUBSTITUTION: Final = re.compile(r"\$\{([^!}][^}]*)\}")
# How a function is called here whose argument is of a wrong shape, which cfn-lint itself finds.
MALFORMED: Final = "Fn::Malformed"


def function_of(raw: Any) -> tuple[str | None, Any]:
    """The function that a value is, and its argument; None where it is a plain value."""
    name, value = is_function(raw)
    shaped = _SHAPES.get(str(name), lambda _: True)
    return (name, value) if shaped(value) else (MALFORMED, value)


def named(raw: Any) -> set[str]:
    """The logical ids that a part of a template names, in any function."""
    if isinstance(raw, list):
        return {name for item in raw for name in named(item)}
    if not isinstance(raw, dict):
        return set()
    found = {name for item in raw.values() for name in named(item)}
    function, value = function_of(raw)
    if function in ("Ref", "Fn::GetAtt"):
        found.add(reference(value).partition(".")[0])
    if function == "Fn::Sub":
        text = value if isinstance(value, str) else value[0]
        found |= {name.partition(".")[0] for name in SUBSTITUTION.findall(text)}
    return found


def reference(value: Any) -> str:
    """What a Ref or GetAtt names: `Name`, or `Name.Attribute`."""
    return value if isinstance(value, str) else ".".join(value)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 1 and all(isinstance(i, str) for i in value)


def _list_of(length: int, first: type) -> Callable[[Any], bool]:
    return lambda value: (
        isinstance(value, list) and len(value) == length and isinstance(value[0], first)
    )


_SHAPES: Final[dict[str, Callable[[Any], bool]]] = {
    "Ref": lambda value: isinstance(value, str),
    "Fn::GetAtt": lambda value: (isinstance(value, str) and "." in value) or _texts(value),
    "Fn::If": _list_of(3, str),
    "Fn::Join": _list_of(2, str),
    "Fn::Select": _list_of(2, object),
    "Fn::Sub": lambda value: (
        isinstance(value, str) or (_list_of(2, str)(value) and isinstance(value[1], dict))
    ),
}
