"""OpenAI's chat completions and completions."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from service.inference import Inference
from service.rest.answers import CompletionEvents, Frame
from service.rest.bodies import Body, ChatBody, CompletionBody
from service.rest.connection import while_connected
from service.rest.documents import (
    ChatCompletion,
    ChatCompletionChunk,
    InputTokens,
    TextCompletion,
    TextCompletionChunk,
)
from service.rest.intake import Intake
from service.rest.json_answers import json_response
from service.rest.operations import JSON, Endpoint, Operation
from service.rest.shapes import ChatShape, Shape, TextShape
from service.rest.streaming import Asked, Streams

COUNT_PATH = "/v1/chat/completions/input_tokens"  # llama.cpp's server has it under this name


class CompletionRoutes:
    """Both, which differ in their bodies and in the shapes of their answers."""

    def __init__(
        self, inference: Inference, intake: Intake, streams: Streams, *, fingerprint: str
    ) -> None:
        self._inference = inference
        self._intake = intake
        self._streams = streams
        self._fingerprint = fingerprint

    def operations(self) -> list[Operation]:
        return [
            Operation(
                method="POST",
                path="/v1/chat/completions",
                endpoint=self._endpoint(ChatBody, ChatShape),
                summary="Answers a chat.",
                body=ChatBody,
                generates=True,
                answer=ChatCompletion,
                event=ChatCompletionChunk,
            ),
            Operation(
                method="POST",
                path="/v1/completions",
                endpoint=self._endpoint(CompletionBody, TextShape),
                summary="Continues a prompt.",
                body=CompletionBody,
                generates=True,
                answer=TextCompletion,
                event=TextCompletionChunk,
            ),
            Operation(
                method="POST",
                path=COUNT_PATH,
                endpoint=self.count,
                summary="How many tokens the model would get, in a chat's template.",
                body=ChatBody,
                answer=InputTokens,
            ),
        ]

    async def count(self, request: Request) -> Response:
        caller, body = await self._intake.take(request, ChatBody)
        async with while_connected(request.receive):
            tokens = await self._inference.count_tokens(body.to_request(), caller)
        return json_response({"object": "response.input_tokens", "input_tokens": tokens})

    def _endpoint(self, body_type: type[Body], shape: type[Shape]) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            caller, body = await self._intake.take(request, body_type)
            asked = Asked(body.to_request(), caller)
            frame = Frame(shape(), model=self._inference.model_name, fingerprint=self._fingerprint)
            timed = bool(body.timings_per_token)
            if body.stream:
                writer = CompletionEvents(
                    frame, include_usage=body.include_usage, include_timings=timed
                )
                return self._streams.answer(asked, writer)
            async with while_connected(request.receive):
                completion = await self._inference.complete(asked.request, caller)
            return Response(frame.document(completion, with_timings=timed), media_type=JSON)

        return endpoint
