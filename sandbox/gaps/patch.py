"""Replaces members of moto's classes."""

from __future__ import annotations

from typing import Any


def patch(owner: type, **members: Any) -> None:
    """Set them by name; moto looks its operations up by theirs."""
    for name, member in members.items():
        setattr(owner, name, member)
