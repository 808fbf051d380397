"""REST and gRPC behind one face, so that one suite of cases asks both."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

Json = dict[str, Any]
Turns = list[Json]
Asked = str | Turns  # a prompt to continue, or a chat to answer


@dataclass
class Refused(Exception):
    """An error answer: our code, the message, the field at fault, when to come back; and the
    status, by its number or name."""

    code: str
    message: str
    param: str | None
    retry_after_seconds: int | None
    status: str


@dataclass(frozen=True)
class Logprob:
    token: str
    logprob: float
    utf8: bytes
    alternatives: tuple[Logprob, ...] = ()


@dataclass(frozen=True)
class Call:
    """Of a tool; or a part of one, in a stream."""

    index: int
    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class Usage:
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int


@dataclass(frozen=True)
class Choice:
    """An answer; or in a stream a piece of one, whose reason is empty until the last."""

    index: int = 0
    text: str = ""
    reason: str = ""
    reasoning: str = ""
    calls: tuple[Call, ...] = ()
    logprobs: tuple[Logprob, ...] = ()

    def __add__(self, piece: Choice) -> Choice:
        return Choice(
            self.index,
            self.text + piece.text,
            self.reason + piece.reason,
            self.reasoning + piece.reasoning,
            joined_calls(self.calls + piece.calls),
            self.logprobs + piece.logprobs,
        )


@dataclass(frozen=True)
class Head:
    """What an answer says of itself."""

    id: str
    created: int
    fingerprint: str


@dataclass(frozen=True)
class Answered:
    choices: tuple[Choice, ...]
    usage: Usage
    model: str
    head: Head = field(compare=False)

    @property
    def text(self) -> str:
        return self.choices[0].text

    @property
    def reason(self) -> str:
        return self.choices[0].reason


@dataclass
class Streamed:
    """What has come of a stream: its pieces in order, and at last the usage."""

    pieces: list[Choice] = field(default_factory=list)
    usage: Usage | None = None

    @property
    def choices(self) -> tuple[Choice, ...]:
        whole: dict[int, Choice] = {}
        for piece in self.pieces:
            whole[piece.index] = whole.get(piece.index, Choice(piece.index)) + piece
        return tuple(choice for _, choice in sorted(whole.items()))

    @property
    def texts(self) -> list[str]:
        return [piece.text for piece in self.pieces if piece.text]


def joined_calls(parts: Iterable[Call]) -> tuple[Call, ...]:
    whole: dict[int, Call] = {}
    for part in parts:
        begun = whole.get(part.index, Call(part.index, "", "", ""))
        whole[part.index] = Call(
            part.index,
            begun.id + part.id,
            begun.name + part.name,
            begun.arguments + part.arguments,
        )
    return tuple(call for _, call in sorted(whole.items()))


@dataclass(frozen=True)
class ModelFacts:
    id: str
    created: int
    owned_by: str
    context_tokens: int
    max_output_tokens: int


class Transport(Protocol):
    """`fields` are OpenAI's, as REST's chats take them; `timeout` is the caller's own deadline."""

    name: str

    async def ask(self, asked: Asked, *, timeout: float | None = None, **fields: Any) -> Answered:
        """The whole answer. Raises Refused, as all do."""
        ...

    def pieces(
        self, asked: Asked, *, timeout: float | None = None, **fields: Any
    ) -> AsyncGenerator[Choice | Usage, None]:
        """Closing the generator leaves the stream."""
        ...

    def stream(self, asked: Asked, **fields: Any) -> AsyncIterator[str]:
        """The pieces' texts."""
        ...

    async def count(self, asked: Asked) -> int: ...
    async def models(self) -> list[ModelFacts]: ...


class Texts:
    """`stream` of both."""

    async def stream(self: Transport, asked: Asked, **fields: Any) -> AsyncIterator[str]:
        async for piece in self.pieces(asked, **fields):
            if isinstance(piece, Choice) and piece.text:
                yield piece.text
