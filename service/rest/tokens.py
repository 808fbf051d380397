"""llama.cpp's questions about tokens: a text's, and their text.

https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
"""

from __future__ import annotations

from typing import Annotated

from pydantic import FailFast, Field
from starlette.requests import Request
from starlette.responses import Response

from service.inference import Inference
from service.relay import Relay
from service.rest.connection import while_connected
from service.rest.intake import Intake
from service.rest.json_answers import json_response
from service.rest.operations import Operation
from service.rest.strict import Strict

DEFAULTS = {"add_special": False, "parse_special": True, "with_pieces": False}  # llama.cpp's


class TokenizeBody(Strict):
    """POST /tokenize."""

    content: str
    add_special: bool | None = Field(
        None, description="With the tokens that begin and end a prompt; without, if not said."
    )
    parse_special: bool | None = Field(
        None, description="Special tokens are read as such, if not said otherwise, and not as text."
    )
    with_pieces: bool | None = Field(None, description="Each token with its text, or bytes.")
    model: str | None = None

    def to_relay(self) -> Relay:
        return Relay(
            path="/tokenize",
            questions=(DEFAULTS | self.model_dump(exclude={"model"}, exclude_none=True),),
            param="content",
            characters=len(self.content),
            model=self.model,
        )


class Piece(Strict):
    """A token and its text; bytes where these are no text of their own."""

    id: int
    piece: str | list[int]


class Tokenized(Strict):
    tokens: list[int] | list[Piece]


TokenId = Annotated[int, Field(ge=0, lt=2**31)]


class DetokenizeBody(Strict):
    """POST /detokenize."""

    tokens: Annotated[list[TokenId], FailFast()]
    model: str | None = None

    def to_relay(self) -> Relay:
        return Relay(
            path="/detokenize",
            questions=({"tokens": self.tokens},),
            param="tokens",
            largest_token=max(self.tokens, default=None),
            model=self.model,
        )


class Detokenized(Strict):
    content: str


class TokenRoutes:
    """Both ways."""

    def __init__(self, inference: Inference, intake: Intake) -> None:
        self._inference = inference
        self._intake = intake

    def operations(self) -> list[Operation]:
        return [
            Operation(
                method="POST",
                path="/tokenize",
                endpoint=self.tokenize,
                summary="The tokens of a text.",
                body=TokenizeBody,
                answer=Tokenized,
            ),
            Operation(
                method="POST",
                path="/detokenize",
                endpoint=self.detokenize,
                summary="The text of tokens.",
                body=DetokenizeBody,
                answer=Detokenized,
            ),
        ]

    async def tokenize(self, request: Request) -> Response:
        return await self._answer(request, TokenizeBody)

    async def detokenize(self, request: Request) -> Response:
        return await self._answer(request, DetokenizeBody)

    async def _answer(
        self, request: Request, body_type: type[TokenizeBody] | type[DetokenizeBody]
    ) -> Response:
        caller, body = await self._intake.take(request, body_type)
        async with while_connected(request.receive):
            (answer,) = await self._inference.relay(body.to_relay(), caller)
        return json_response(answer)
