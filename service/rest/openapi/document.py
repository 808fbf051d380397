"""The document, and where it can be read."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from service.generation import Json
from service.inference import Inference
from service.rest.deadline import SECONDS_PATTERN, TIMEOUT_HEADER
from service.rest.json_answers import json_response
from service.rest.openapi.endpoint import Facts
from service.rest.openapi.responses import ENVELOPES, HEADERS, responses
from service.rest.openapi.schemas import Schemas
from service.rest.operations import JSON, Operation

DOCUMENT_PATH = "/openapi.json"
VERSION = "1"  # of the API, as in the paths

SECURITY_SCHEMES: Json = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "Your API key or access token."},
    "key": {
        "type": "apiKey",
        "in": "header",
        "name": "x-api-key",
        "description": "The same, as Anthropic's clients send it.",
    },
}
TIMEOUT: Json = {
    "name": TIMEOUT_HEADER,
    "in": "header",
    "description": "Seconds that you wait for the whole answer, the queue included.",
    "schema": {"type": "string", "pattern": SECONDS_PATTERN},
}


class DocumentRoutes:
    """The document of all operations, to anybody: it tells no more than the README."""

    def __init__(
        self, operations: Callable[[], Sequence[Operation]], inference: Inference, *, streams: bool
    ) -> None:
        self._operations = operations
        self._inference = inference
        self._streams = streams
        self._made: dict[Facts, Json] = {}

    def operations(self) -> list[Operation]:
        return [
            Operation(
                method="GET",
                path=DOCUMENT_PATH,
                endpoint=self.document,
                summary="This document.",
                asks_for_key=False,
            )
        ]

    async def document(self, request: Request) -> Response:
        facts = self._facts()
        if facts not in self._made:
            offered = [operation for operation in self._operations() if operation.offered]
            self._made = {facts: document(offered, facts)}
        return json_response(self._made[facts])

    def _facts(self) -> Facts:
        """What the model can do is known once the engine has loaded it."""
        rules, capabilities = self._inference.rules, self._inference.capabilities
        return Facts(
            model_name=rules.model_name,
            max_output_tokens=rules.max_output_tokens,
            slots=rules.slots,
            guesses=rules.guesses,
            streams=self._streams,
            tools=capabilities.tools,
            reasoning_effort=capabilities.reasoning_effort,
            vocabulary_tokens=capabilities.vocabulary_tokens,
        )


def document(operations: Sequence[Operation], facts: Facts) -> Json:
    schemas = Schemas(operations, ENVELOPES, facts)
    paths: Json = {}
    for operation in operations:
        described = paths.setdefault(re.sub(r":\w+}", "}", operation.path), {})
        described[operation.method.lower()] = describe(operation, schemas, facts)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "llm-on-ecs",
            "version": VERSION,
            "description": "Your own language model, by OpenAI's API and Anthropic's.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "headers": HEADERS,
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def describe(operation: Operation, schemas: Schemas, facts: Facts) -> Json:
    found: Json = {
        "operationId": operation_id(operation),
        "summary": operation.summary,
        "responses": responses(operation, partial(schemas.of, mode="serialization")),
    }
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"enum": [facts.model_name]}}
        for name in re.findall(r"{(\w+)", operation.path)
    ]
    if operation.asks_for_key:
        parameters.append(TIMEOUT)
        found["security"] = [{name: []} for name in SECURITY_SCHEMES]
    if parameters:
        found["parameters"] = parameters
    if operation.body is not None:
        schema = schemas.of(operation.body, "validation")
        found["requestBody"] = {"required": True, "content": {JSON: {"schema": schema}}}
    return found


def operation_id(operation: Operation) -> str:
    """`post_v1_chat_completions`: a name for the functions that generators make."""
    path = re.sub(r":\w+}", "", operation.path)
    return "_".join([operation.method.lower(), *re.findall(r"[a-z0-9]+", path)])
