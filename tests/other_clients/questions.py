"""What the bundled model answers well enough to be tested: it is small."""

from __future__ import annotations

from typing import Any, Final

CITY: Final = "Paris"
CAPITAL: Final = "The capital of France is"
LONG: Final = "Tell a very long story about a dragon and a knight."
# It calls a function when it is shown how; the engine's grammar then holds it to the schema.
CALL: Final = (
    "Repeat exactly this text: <tool_call>\n"
    '{"name": "get_weather", "arguments": {"city": "Paris", "unit": "c"}}\n</tool_call>'
)
ARGUMENTS: Final = {"city": CITY, "unit": "c"}
SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "maxLength": 12},
        "unit": {"type": "string", "enum": ["c", "f"]},
    },
    "required": ["city", "unit"],
    "additionalProperties": False,
}
FUNCTION: Final[dict[str, Any]] = {
    "name": "get_weather",
    "description": "Weather of a city",
    "parameters": SCHEMA,
}
