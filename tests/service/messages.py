"""What the tests of Anthropic's API ask, and what the engine calls."""

from __future__ import annotations

from typing import Any

MODEL = "smollm2-135m-instruct"
HELLO: Any = [{"role": "user", "content": "Hi"}]
WEATHER: Any = {"name": "weather", "input_schema": {"type": "object", "properties": {}}}
CALL = [
    {"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "weather", "arguments": "{"}}]},
    {"tool_calls": [{"index": 0, "function": {"arguments": '"city": "Rome"}'}}]},
]
