"""Dotted paths into a file's content."""

from __future__ import annotations

from typing import Any

from tests.properties.files import Values
from tests.properties.remedies import REMOVED


def flat(values: Values, prefix: str = "") -> dict[str, Any]:
    """Every value that is no section, by its path."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            found |= flat(value, f"{prefix}{key}.")
        else:
            found[f"{prefix}{key}"] = value
    return found


def value_at(values: Values, path: str, default: Any = None) -> Any:
    """What the content has at a path; an item of a list by its number."""
    found: Any = values
    for key in path.split("."):
        try:
            found = found[int(key) if isinstance(found, list) else key]
        except (KeyError, TypeError, ValueError, IndexError):
            return default
    return found


def put(values: Values, path: str, value: Any) -> None:
    """Set what is at a path, or take it away."""
    *outer, last = path.split(".")
    section: Any = values
    for key in outer:
        if isinstance(section, list):
            section = section[int(key)]
            continue
        if not isinstance(section.get(key), dict | list):
            if value is REMOVED:
                return
            section[key] = {}
        section = section[key]
    place: Any = int(last) if isinstance(section, list) else last
    if value is not REMOVED:
        section[place] = value
    elif isinstance(section, list) or place in section:
        del section[place]
