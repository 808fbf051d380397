"""OpenAI's responses, and how many tokens their input has."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from service.generation import Json
from service.inference import Inference
from service.rest.connection import while_connected
from service.rest.intake import Intake
from service.rest.json_answers import json_response
from service.rest.operations import Operation
from service.rest.responses import documents
from service.rest.responses.answer import Frame
from service.rest.responses.body import CountBody, ResponsesBody
from service.rest.responses.events import ResponseEvents
from service.rest.streaming import Asked, Streams

RESPONSES_PATH = "/v1/responses"


class ResponseRoutes:
    """Both questions."""

    def __init__(self, inference: Inference, intake: Intake, streams: Streams) -> None:
        self._inference = inference
        self._intake = intake
        self._streams = streams

    def operations(self) -> list[Operation]:
        return [
            Operation(
                method="POST",
                path=RESPONSES_PATH,
                endpoint=self.answer,
                summary="Answers a chat, in the words of OpenAI's Responses API.",
                body=ResponsesBody,
                answer=documents.Response,
                event=documents.Event,
                generates=True,
            ),
            Operation(
                method="POST",
                path=f"{RESPONSES_PATH}/input_tokens",
                endpoint=self.count,
                summary="How many tokens the model would get.",
                body=CountBody,
                answer=documents.Counted,
            ),
        ]

    async def answer(self, request: Request) -> Response:
        caller, body = await self._intake.take(request, ResponsesBody)
        asked = Asked(body.to_request(), caller)
        writer = ResponseEvents(Frame(body, model=self._inference.model_name))
        if body.stream:
            return self._streams.answer(asked, writer)
        async with while_connected(request.receive):
            return json_response(await self._whole(asked, writer))

    async def _whole(self, asked: Asked, writer: ResponseEvents) -> Json:
        """What the last event of a stream would hold."""
        async with self._inference.generate(asked.request, asked.caller) as chunks:
            async for chunk in chunks:
                for _ in writer.chunk(chunk):
                    pass
        for _ in writer.end():
            pass
        return writer.response

    async def count(self, request: Request) -> Response:
        caller, body = await self._intake.take(request, CountBody)
        async with while_connected(request.receive):
            tokens = await self._inference.count_tokens(body.to_request(), caller)
        return json_response({"object": "response.input_tokens", "input_tokens": tokens})
