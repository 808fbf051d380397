"""OpenAI's list of models, of which there is one."""

from __future__ import annotations

from typing import Literal

from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import TypedDict

from service.inference import Inference
from service.rest.callers import Callers
from service.rest.json_answers import json_response
from service.rest.operations import Operation
from service.rules import OWNER


class Model(TypedDict):
    """OpenAI's four fields; what a prompt and its answer may have together, in tokens, by vLLM's
    name; and what an answer may have."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str
    max_model_len: int
    max_output_tokens: int


class ModelList(TypedDict):
    object: Literal["list"]
    data: list[Model]


class ModelRoutes:
    """The served model, by listing and by name."""

    def __init__(self, inference: Inference, callers: Callers) -> None:
        self._inference = inference
        self._callers = callers

    def operations(self) -> list[Operation]:
        return [
            Operation(
                method="GET",
                path="/v1/models",
                endpoint=self.models,
                summary="Lists the model that is served.",
                answer=ModelList,
            ),
            Operation(
                method="GET",
                path="/v1/models/{model:path}",
                endpoint=self.model,
                summary="Describes the model.",
                answer=Model,
            ),
        ]

    async def models(self, request: Request) -> Response:
        await self._callers.caller(request)
        return json_response({"object": "list", "data": [self._description()]})

    async def model(self, request: Request) -> Response:
        await self._callers.caller(request)
        self._inference.rules.check_model(request.path_params["model"])
        return json_response(self._description())

    def _description(self) -> Model:
        return {
            "id": self._inference.model_name,
            "object": "model",
            "created": self._inference.created,
            "owned_by": OWNER,
            "max_model_len": self._inference.rules.context_tokens,
            "max_output_tokens": self._inference.rules.max_output_tokens,
        }
