"""What a chat's template is filled with besides the chat: llama.cpp's `chat_template_kwargs`."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from service.counts import fields_at_most

RESERVED = (
    "add_generation_prompt",
    "bos_token",
    "documents",
    "eos_token",
    "messages",
    "tools",
)
ARGUMENTS_AT_MOST = 16
CHARACTERS_AT_MOST = 1024
FLAGS = ("enable_thinking",)  # the engine reads it itself, and refuses what is no boolean

Name = Annotated[str, Field(pattern="^[a-zA-Z_][a-zA-Z0-9_]{0,63}$")]


def plain(value: object) -> object:
    """So that one sentence says what it may be, and not one of each type."""
    if not isinstance(value, bool | int | float | str):
        raise PydanticCustomError("value_type", "Input should be a text, a number, true or false")
    if isinstance(value, str) and len(value) > CHARACTERS_AT_MOST:
        rule = f"Text should have at most {CHARACTERS_AT_MOST} characters"
        raise PydanticCustomError("text_length", "{rule}", {"rule": rule})
    return value


Value = Annotated[
    bool
    | Annotated[int, Field(ge=-(2**31), lt=2**31)]
    | float
    | Annotated[str, Field(max_length=CHARACTERS_AT_MOST)],
    BeforeValidator(plain),
]


def free(arguments: dict[str, Value]) -> dict[str, Value]:
    for name, value in arguments.items():
        if name in RESERVED:
            raise ValueError(f"{name} is the endpoint's own to fill in")
        if name in FLAGS and not isinstance(value, bool):
            raise ValueError(f"{name} is true or false")
    return arguments


TemplateArguments = Annotated[
    dict[Name, Value],
    Field(max_length=ARGUMENTS_AT_MOST),
    fields_at_most(ARGUMENTS_AT_MOST),
    AfterValidator(free),
]
