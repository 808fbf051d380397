"""A schema's complaints become one error that names every field at fault."""

from __future__ import annotations

import math
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from service.errors import InvalidRequest
from service.sampling import Sampling
from service.tools import ToolOptions
from service.violations import VIOLATIONS_AT_MOST, invalid_request


def refused(model: type[BaseModel], value: object) -> InvalidRequest:
    with pytest.raises(ValidationError) as wrong:
        model.model_validate(value)
    return invalid_request(wrong.value)


def test_every_field_at_fault_is_named_and_the_first_is_the_errors_own() -> None:
    error = refused(Sampling, {"top_p": 9, "temperature": -1, "stop": ["a", ""]})
    assert [violation.param for violation in error.violations] == [
        "temperature",
        "top_p",
        "stop[1]",
    ]
    assert (error.param, error.message, error.code) == error.violations[0]
    assert error.message.startswith("Invalid value for 'temperature': ")


def test_unknown_field_is_named() -> None:
    error = refused(Sampling, {"temprature": 1})
    (violation,) = error.violations
    assert violation == ("temprature", "Unknown parameter: 'temprature'.", "unknown_parameter")
    assert error.code == "unknown_parameter"


def test_classes_of_ours_are_not_in_the_message() -> None:
    (violation,) = refused(ToolOptions, {"tools": [7]}).violations
    message = "Invalid value for 'tools[0]': Input should be an object; got 7."
    assert violation == ("tools[0]", message, "invalid_type")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"top_p": 1.5}, "Input should be less than or equal to 1; got 1.5"),
        ({"max_tokens": 7.5}, "Input should be a valid integer; got 7.5"),
        ({"max_tokens": None, "n": "2"}, "Input should be a valid integer; got '2'"),
        ({"seed": True}, "Input should be a valid integer; got true"),
        ({"seed": 10**30}, "less than or equal to 9223372036854775807; got a number of more than"),
        ({"temperature": math.nan}, "Input should be a finite number; got nan"),
        ({"temperature": {}}, "Input should be a valid number; got an object"),
        ({"logit_bias": [1]}, "Input should be an object; got a list"),
        ({"stop": ["a"] * 5}, "List should have at most 4 items, not 5"),
        ({"stop": ["x" * 300]}, "at most 256 characters; got a text of 300 characters"),
    ],
)
def test_message_has_the_rule_and_what_was_sent(fields: Any, message: str) -> None:
    assert message in refused(Sampling, fields).message


@pytest.mark.parametrize(("body", "got"), [([], "a list"), ("hello", "'hello'"), (None, "null")])
def test_body_that_is_no_object_is_told_what_it_is(body: object, got: str) -> None:
    error = refused(Sampling, body)
    message = f"The body is no JSON object: got {got}; send one, as {{...}}."
    assert (error.code, error.message) == ("invalid_type", message)


def test_list_of_violations_is_bounded() -> None:
    error = refused(Sampling, {f"unknown{number}": 1 for number in range(1000)})
    assert len(error.violations) == VIOLATIONS_AT_MOST
