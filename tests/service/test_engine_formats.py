"""What is handed to the engine, and how it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from service.engine.formats import encoded, refusal
from service.errors import InvalidRequest


def nested(depth: int) -> Any:
    value: Any = {}
    for _ in range(depth):
        value = {"properties": value}
    return value


@pytest.mark.parametrize("value", [2**64, "\ud800", nested(300)], ids=["large", "half", "deep"])
def test_json_that_cannot_be_handed_on_is_the_callers_error(value: Any) -> None:
    with pytest.raises(InvalidRequest, match="cannot read"):
        encoded({"json_schema": value})


def test_arguments_that_the_engine_alone_cannot_read_are_the_callers_error() -> None:
    message = "Failed to parse tool call arguments as JSON: [json.exception.parse_error.101]"
    found = refusal({"error": {"code": 500, "message": message}}, param="messages")
    assert (type(found), found.param) == (InvalidRequest, "messages")
