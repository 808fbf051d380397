"""In which direction a value changes: a limit that is lowered, an item that is gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

CONDITIONS: Final = frozenset({"lowered", "raised", "shortened", "disabled", "removed", "narrowed"})
ON: Final = (True, "true", "Enabled")


def holds(condition: str, old: Any, new: Any) -> bool:
    """Whether the change is of this kind; also where nobody can tell."""
    if condition == "removed":
        return _removed(old, new)
    if condition == "narrowed":
        return _narrowed(old, new)
    if condition == "disabled":
        return old is not None and new not in ON
    # A term that is not there is for ever.
    if condition == "shortened" and new is None:
        return False
    if not condition:
        return True
    before, after = _number(old), _number(new)
    if before is None or after is None:
        return True
    return after > before if condition == "raised" else after < before


def _number(value: Any) -> float | None:
    """Attributes of a load balancer are text; a switch is lowered when it goes off."""
    if isinstance(value, str) and value in ("true", "false"):
        return float(value == "true")
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _removed(old: Any, new: Any) -> bool:
    """Of two lists. One that was not there had nothing to lose."""
    if old is None:
        return False
    if isinstance(old, list) and isinstance(new, list):
        return any(item not in new for item in old)
    return True


def _narrowed(old: Any, new: Any) -> bool:
    """Of two policies, which let in whom a statement allows and no other denies."""
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return old is not None
    before, after = old.get("Statement"), new.get("Statement")
    if not isinstance(before, list) or not isinstance(after, list):
        return True
    new_denials = [
        item
        for item in after
        if item not in before and not (isinstance(item, Mapping) and item.get("Effect") == "Allow")
    ]
    return _removed(before, after) or bool(new_denials)
