"""The items of which a response's output is made, each while it grows."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import ClassVar

from service.generation import Json


def new_id(prefix: str) -> str:
    return f"{prefix}_{uuid.uuid4().hex}"


@dataclass(slots=True, kw_only=True)
class OutputItem:
    """One item at its place in the output, and what its events say of it."""

    index: int
    id: str
    pieces: list[str] = field(default_factory=list)

    events: ClassVar[str]  # their name, without `.delta` and `.done`

    @property
    def whole(self) -> str:
        return "".join(self.pieces)

    def part(self) -> Json | None:
        """What it consists of, where that is said apart."""
        return None

    def place(self) -> Json:
        where = {"item_id": self.id, "output_index": self.index}
        return where if self.part() is None else where | {"content_index": 0}

    def grow(self, piece: str, logprobs: list[Json]) -> Json:
        """Adds the piece; the event's fields."""
        self.pieces.append(piece)
        return {"delta": piece}

    def grown(self) -> Json:
        """The fields of the event that says the whole."""
        return {"text": self.whole}

    def json(self, status: str) -> Json:
        raise NotImplementedError


@dataclass(slots=True, kw_only=True)
class TextItem(OutputItem):
    """A message."""

    logprobs: list[Json] = field(default_factory=list)

    events: ClassVar[str] = "response.output_text"

    def part(self) -> Json:
        text = {"type": "output_text", "text": self.whole}
        return text | {"annotations": [], "logprobs": list(self.logprobs)}

    def grow(self, piece: str, logprobs: list[Json]) -> Json:
        self.pieces.append(piece)
        self.logprobs += logprobs
        return {"delta": piece, "logprobs": logprobs}

    def grown(self) -> Json:
        return {"text": self.whole, "logprobs": list(self.logprobs)}

    def json(self, status: str) -> Json:
        item: Json = {"id": self.id, "type": "message", "role": "assistant", "status": status}
        return item | {"content": [self.part()] if self.pieces else []}


@dataclass(slots=True, kw_only=True)
class ReasoningItem(OutputItem):
    """What the model thought."""

    events: ClassVar[str] = "response.reasoning_text"

    def part(self) -> Json:
        return {"type": "reasoning_text", "text": self.whole}

    def json(self, status: str) -> Json:
        item: Json = {"id": self.id, "type": "reasoning", "status": status, "summary": []}
        content = [self.part()] if self.pieces else []
        return item | {"content": content, "encrypted_content": None}


@dataclass(slots=True, kw_only=True)
class CallItem(OutputItem):
    """A call of a function; what grows are its arguments."""

    call_id: str
    name: str

    events: ClassVar[str] = "response.function_call_arguments"

    def grown(self) -> Json:
        return {"arguments": self.whole, "name": self.name}

    def json(self, status: str) -> Json:
        item: Json = {"id": self.id, "type": "function_call", "status": status}
        return item | {"call_id": self.call_id, "name": self.name, "arguments": self.whole}
