"""Anthropic's messages, and how many tokens they have."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from service.inference import Inference
from service.rest.connection import while_connected
from service.rest.intake import Intake
from service.rest.json_answers import json_response
from service.rest.messages import documents
from service.rest.messages.answer import Frame, MessageEvents
from service.rest.messages.body import CountBody, MessagesBody
from service.rest.operations import Operation
from service.rest.streaming import Asked, Streams

MESSAGES_PATH = "/v1/messages"


class MessageRoutes:
    """Both questions."""

    def __init__(self, inference: Inference, intake: Intake, streams: Streams) -> None:
        self._inference = inference
        self._intake = intake
        self._streams = streams

    def operations(self) -> list[Operation]:
        return [
            Operation(
                method="POST",
                path=MESSAGES_PATH,
                endpoint=self.answer,
                summary="Answers a chat, in the words of Anthropic's API.",
                body=MessagesBody,
                answer=documents.Message,
                event=documents.Event,
                generates=True,
            ),
            Operation(
                method="POST",
                path=f"{MESSAGES_PATH}/count_tokens",
                endpoint=self.count,
                summary="How many tokens the model would get.",
                body=CountBody,
                answer=documents.Counted,
            ),
        ]

    async def answer(self, request: Request) -> Response:
        caller, body = await self._intake.take(request, MessagesBody)
        frame = Frame(model=self._inference.model_name)
        asked = body.to_request()
        if body.stream:
            return self._streams.answer(Asked(asked, caller), MessageEvents(frame))
        async with while_connected(request.receive):
            completion = await self._inference.complete(asked, caller)
        return json_response(frame.document(completion))

    async def count(self, request: Request) -> Response:
        caller, body = await self._intake.take(request, CountBody)
        async with while_connected(request.receive):
            tokens = await self._inference.count_tokens(body.to_request(), caller)
        return json_response({"input_tokens": tokens})
