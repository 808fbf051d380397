"""Reads a stream of OpenAI's events."""

from __future__ import annotations

import json
from typing import Any


def events(text: str) -> list[Any]:
    """Of a whole stream, without its last one, `[DONE]`."""
    lines = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")]
    assert lines[-1] == "[DONE]"
    return [json.loads(line) for line in lines[:-1]]
