"""Keeps keys out of what is shown and kept."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any, Final

HIDDEN: Final = "***"
# The variables that hold a key, here and in any program that AWS's tools start.
VARIABLES: Final = (
    "LLM_API_KEY",
    "LLM_GATEWAY_API_KEY",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
)
# As `make key` makes them, and as OpenAI does.
_API_KEY: Final = re.compile(r"\bsk-[A-Za-z0-9_-]{8,}")
_SHORTEST: Final = 8
"""A shorter value would hide ordinary words."""


def without_secrets(text: str, environment: Mapping[str, str] | None = None) -> str:
    """The text with every API key, and every secret of the environment, made unreadable."""
    known = os.environ if environment is None else environment
    for name in VARIABLES:
        value = known.get(name, "")
        if len(value) >= _SHORTEST:
            text = text.replace(value, HIDDEN)
    return _API_KEY.sub(HIDDEN, text)


def all_without_secrets(value: Any) -> Any:
    """The same of every text in what is to become JSON, where a quote would hide a secret."""
    if isinstance(value, str):
        return without_secrets(value)
    if isinstance(value, Mapping):
        return {key: all_without_secrets(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [all_without_secrets(item) for item in value]
    return value
