"""Calls that a model must make: the engine is held to their JSON, and it is read as calls.

A template's own format lets the model write text before a call, and a small one never gets to it.
So the form of the whole answer is asked for, as other servers do; a model may still think before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from uuid import uuid4

from service.generation import Json, ToolCallPart, Tools
from service.structure.references import subschemas

HEAD = re.compile(r'[\s\[,]*\{\s*"name"\s*:\s*"([^"]+)"\s*,\s*"arguments"\s*:')
NOTHING: Json = {"type": "object", "properties": {}, "additionalProperties": False}


def must_call(tools: Tools | None) -> bool:
    return tools is not None and tools.choice == "required"


def form_of_calls(tools: Tools) -> Json:
    """A JSON Schema: of one call, or of a list of them where several are asked for."""
    functions = [tool["function"] for tool in tools.functions]
    parameters = {
        f"call{number}": moved(function.get("parameters") or NOTHING, f"#/$defs/call{number}")
        for number, function in enumerate(functions)
    }
    calls = [
        call(function["name"], f"#/$defs/{key}")
        for function, key in zip(functions, parameters, strict=True)
    ]
    form: Json = calls[0] if len(calls) == 1 else {"anyOf": calls}
    if tools.parallel:
        form = {"type": "array", "items": form, "minItems": 1}
    return {"$defs": parameters} | form


def moved(schema: Json, place: str) -> Json:
    """With its references as they are where it stands at that place of another one."""
    copy = deepcopy(schema)
    for _, inner in subschemas(copy):
        if "$ref" in inner:
            inner["$ref"] = place + inner["$ref"].removeprefix("#")
    return copy


def call(name: str, parameters: str) -> Json:
    properties: Json = {"name": {"const": name}, "arguments": {"$ref": parameters}}
    required = list(properties)
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


class CallReader:
    """Reads the text of one choice, as it comes, as the calls that it is the JSON of."""

    def __init__(self) -> None:
        self.calls = 0
        self._text = ""
        self._in_arguments = False
        self._in_string = False
        self._escaped = False
        self._depth = 0

    def read(self, text: str) -> Iterator[ToolCallPart]:
        """Of a call first its name, and then its arguments in pieces."""
        self._text += text
        while self._text:
            if not self._in_arguments:
                head = HEAD.match(self._text)
                if head is None:
                    return
                yield self._begun(head[1], self._text[head.end() :])
            if arguments := self._arguments():
                yield ToolCallPart(self.calls - 1, arguments)

    def _begun(self, name: str, rest: str) -> ToolCallPart:
        self.calls += 1
        self._text, self._in_arguments = rest, True
        return ToolCallPart(self.calls - 1, id=f"call_{uuid4().hex}", name=name)

    def _arguments(self) -> str:
        """Those that have come, without the spaces around them."""
        taken: list[str] = []
        for position, character in enumerate(self._text):
            if self._ends(character):
                self._text, self._in_arguments = self._text[position + 1 :], False
                return "".join(taken)
            if self._depth or self._in_string or not character.isspace():
                taken.append(character)
        self._text = ""
        return "".join(taken)

    def _ends(self, character: str) -> bool:
        """Whether it closes the object that the arguments stand in."""
        if self._in_string:
            self._in_string = self._escaped or character != '"'
            self._escaped = not self._escaped and character == "\\"
        elif character == '"':
            self._in_string = True
        elif character in "{[":
            self._depth += 1
        elif character in "}]":
            self._depth -= 1
            if self._depth < 0:
                self._depth = 0
                return True
        return False
