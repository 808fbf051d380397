"""OpenAI's embeddings: https://platform.openai.com/docs/api-reference/embeddings/create"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Discriminator, Field, Tag
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import TypedDict

from service.generation import USUAL_TOKEN_CHARACTERS, Json
from service.inference import Inference
from service.json_types import EndUser
from service.relay import Relay
from service.rest.connection import while_connected
from service.rest.intake import Intake
from service.rest.json_answers import json_response
from service.rest.operations import Operation
from service.rest.strict import Strict
from service.violations import tag

INPUTS_AT_MOST = 2048  # OpenAI's API reference, `input`
TOKENS_AT_MOST = 131_072  # the largest context that a stage may have

Text = Annotated[str, Field(min_length=1)]
Tokens = Annotated[
    list[Annotated[int, Field(ge=0, lt=2**31)]],
    Field(min_length=1, max_length=TOKENS_AT_MOST, fail_fast=True),
]


def kind(sent: object) -> str:
    if not isinstance(sent, list):
        return tag("text")
    first = sent[0] if sent else ""
    if isinstance(first, list):
        return tag("tokens of each")
    return tag("tokens" if isinstance(first, int) else "texts")


Several = Field(min_length=1, max_length=INPUTS_AT_MOST)
AnyInput = Annotated[
    Annotated[Text, Tag(tag("text"))]
    | Annotated[list[Text], Several, Tag(tag("texts"))]
    | Annotated[Tokens, Tag(tag("tokens"))]
    | Annotated[list[Tokens], Several, Tag(tag("tokens of each"))],
    Discriminator(kind),
]


class EmbeddingsBody(Strict):
    """POST /v1/embeddings."""

    unsupported: ClassVar[Mapping[str, str]] = {
        "dimensions": "vectors have the length that the model gives them; leave it out"
    }

    input: AnyInput = Field(description="A text or its tokens, or several of either.")
    model: str | None = None
    encoding_format: Literal["float", "base64"] | None = Field(
        None, description="Numbers (the default), or 32-bit floats (little-endian) in base64."
    )
    dimensions: None = None
    user: EndUser | None = None

    def to_relay(self) -> Relay:
        """Each input is a question of its own."""
        one = kind(self.input) in (tag("text"), tag("tokens"))
        inputs: list[str | list[int]] = [self.input] if one else self.input  # type: ignore[assignment, list-item]  # as its kind says
        texts = [len(each) for each in inputs if isinstance(each, str)]
        ids = [each for each in inputs if not isinstance(each, str)]
        asked = {"encoding_format": self.encoding_format or "float"}
        return Relay(
            path="/v1/embeddings",
            questions=tuple({"input": each} | asked for each in inputs),
            param="input",
            characters=max(texts, default=0),
            largest_token=max(map(max, ids), default=None),
            prompt_tokens=math.ceil(sum(texts) / USUAL_TOKEN_CHARACTERS) + sum(map(len, ids)),
            model=self.model,
            embeds=True,
        )


class Embedding(TypedDict):
    object: Literal["embedding"]
    index: int
    embedding: list[float] | str


class EmbeddingUsage(TypedDict):
    prompt_tokens: int
    total_tokens: int


class Embeddings(TypedDict):
    object: Literal["list"]
    model: str
    data: list[Embedding]
    usage: EmbeddingUsage


class EmbeddingRoutes:
    """One vector for each input."""

    def __init__(self, inference: Inference, intake: Intake) -> None:
        self._inference = inference
        self._intake = intake

    def operations(self) -> list[Operation]:
        return [
            Operation(
                method="POST",
                path="/v1/embeddings",
                endpoint=self.embed,
                summary="Vectors of texts, where the stage's model makes some.",
                body=EmbeddingsBody,
                answer=Embeddings,
                offered=self._inference.rules.embeds,
            )
        ]

    async def embed(self, request: Request) -> Response:
        caller, body = await self._intake.take(request, EmbeddingsBody)
        async with while_connected(request.receive):
            answers = await self._inference.relay(body.to_relay(), caller)
        return json_response(self._document(answers))

    def _document(self, answers: list[Json]) -> Embeddings:
        tokens = sum(answer["usage"]["prompt_tokens"] for answer in answers)
        vectors = [answer["data"][0]["embedding"] for answer in answers]
        return {
            "object": "list",
            "model": self._inference.model_name,
            "data": [
                {"object": "embedding", "index": index, "embedding": vector}
                for index, vector in enumerate(vectors)
            ],
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        }
