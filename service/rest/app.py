"""The routes, and the order of checks: key, size, JSON, rules, then a place in the queue."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import orjson
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from service.authentication import Authenticator
from service.errors import InvalidRequest, ServiceError
from service.health import Health
from service.inference import Inference
from service.metrics import Metrics
from service.observation import Caller, report_refusal
from service.rest.answers import Frame, StreamedAnswer
from service.rest.connection import read_body, while_connected
from service.rest.middleware import RequestContext
from service.rest.schemas import Body, ChatBody, ChatShape, CompletionBody, CompletionShape, Shape
from service.rest.statuses import ANSWERS, INVALID, envelope, headers, wrap

READY_PATH = "/health/ready"  # the seam: the load balancer asks here
METRICS_PATH = "/metrics"  # the seam: the load balancer hides it

Endpoint = Callable[[Request], Awaitable[Response]]
SecondsLeft = Callable[[Request], float | None]
BodyT = TypeVar("BodyT", bound=Body)


def unlimited(request: Request) -> float | None:
    """The request's sender or carrier sets no deadline."""
    return None


class RestApi:
    """OpenAI's API for one model.

    `streams` is False where the carrier takes whole answers only; `seconds_left` is how long it
    waits for one.
    """

    def __init__(
        self,
        *,
        inference: Inference,
        authenticator: Authenticator,
        health: Health,
        metrics: Metrics,
        max_body_bytes: int,
        streams: bool = True,
        seconds_left: SecondsLeft = unlimited,
    ) -> None:
        self._inference = inference
        self._authenticator = authenticator
        self._health = health
        self._metrics = metrics
        self._max_body_bytes = max_body_bytes
        self._streams = streams
        self._seconds_left = seconds_left
        self._created = int(time.time())
        self._fingerprint = fingerprint(inference.model_name)

    def app(self) -> Starlette:
        app = Starlette(
            routes=[
                Route(
                    "/v1/chat/completions", self._completions(ChatBody, ChatShape), methods=["POST"]
                ),
                Route(
                    "/v1/completions",
                    self._completions(CompletionBody, CompletionShape),
                    methods=["POST"],
                ),
                Route("/v1/models", self.models),
                Route("/v1/models/{model:path}", self.model),
                Route("/health/live", self.live),
                Route(READY_PATH, self.ready),
                Route(METRICS_PATH, self.metrics),
            ],
            exception_handlers={
                ServiceError: self.answer_error,
                HTTPException: answer_http_error,
                ClientDisconnect: answer_nobody,
            },
        )
        # A redirect would name the address that we see, which behind TLS is the wrong one.
        app.router.redirect_slashes = False
        app.add_middleware(RequestContext, health=self._health, metrics=self._metrics)
        return app

    def _completions(self, body_type: type[Body], shape: Shape) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            caller = await self._caller(request)
            body = parse(body_type, await read_body(request, limit_bytes=self._max_body_bytes))
            frame = Frame(shape, model=self._inference.model_name, fingerprint=self._fingerprint)
            if body.stream:
                self._check_streams()
                return StreamedAnswer(
                    self._inference,
                    body.to_request(),
                    caller,
                    frame=frame,
                    include_usage=body.include_usage,
                )
            async with while_connected(request.receive):
                completion = await self._inference.complete(
                    body.to_request(), caller, timeout_seconds=self._seconds_left(request)
                )
            return Response(frame.document(completion), media_type="application/json")

        return endpoint

    async def models(self, request: Request) -> Response:
        await self._caller(request)
        return json_response({"object": "list", "data": [self._model_json()]})

    async def model(self, request: Request) -> Response:
        await self._caller(request)
        self._inference.check_model(request.path_params["model"])
        return json_response(self._model_json())

    async def live(self, request: Request) -> Response:
        """The process answers: while busy, while draining, while the engine restarts."""
        return json_response({"status": "alive"})

    async def ready(self, request: Request) -> Response:
        """Whether the load balancer should send requests here."""
        if self._health.ready:
            return json_response({"status": "ready"})
        reason = "draining" if self._health.draining else "loading"
        return json_response({"status": reason}, status=503)

    async def metrics(self, request: Request) -> Response:
        return Response(generate_latest(self._metrics.registry), media_type=CONTENT_TYPE_LATEST)

    async def answer_error(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, ServiceError)
        report_refusal(error, transport="rest", metrics=self._metrics)
        response = json_response(envelope(error), status=ANSWERS[error.code].status)
        response.headers.update(headers(error))
        return response

    async def _caller(self, request: Request) -> Caller:
        name = await self._authenticator.authenticate(request.headers.get("authorization"))
        return Caller(transport="rest", key=name)

    def _check_streams(self) -> None:
        if not self._streams:
            rule = "this endpoint gives whole answers only; leave it out, or send false"
            raise InvalidRequest.of_field("stream", rule)

    def _model_json(self) -> dict[str, object]:
        return {
            "id": self._inference.model_name,
            "object": "model",
            "created": self._created,
            "owned_by": "llm-on-ecs",
        }


def parse(body_type: type[BodyT], body: bytes) -> BodyT:
    """The body as its type. Raises InvalidRequest that names the field and the rule."""
    try:
        return body_type.model_validate_json(body)
    except ValidationError as wrong:
        error = wrong.errors(include_url=False)[0]
        raise invalid_request(error["type"], error["loc"], error["msg"]) from None


def invalid_request(kind: str, location: tuple[int | str, ...], rule: str) -> InvalidRequest:
    if kind == "json_invalid":
        return InvalidRequest(f"The body is not valid JSON: {rule}.")
    param = path(location)
    if kind == "extra_forbidden":
        return InvalidRequest(f"Unrecognized request argument supplied: {param}", param=param)
    return InvalidRequest.of_field(param, rule) if param else InvalidRequest(rule)


def path(location: tuple[int | str, ...]) -> str | None:
    """`messages[0].content` of ("messages", 0, "content")."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return text.removeprefix(".") or None


def fingerprint(model_name: str) -> str:
    """Changes when the same seed may give another answer: with the model or the engine."""
    from importlib.metadata import version

    source = f"{model_name} xllamacpp {version('xllamacpp')}"
    return "fp_" + hashlib.sha256(source.encode()).hexdigest()[:10]


def json_response(content: object, *, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status_code=status, media_type="application/json")


async def answer_http_error(request: Request, error: Exception) -> Response:
    """Starlette's own refusals (no such route, wrong method) in OpenAI's envelope."""
    assert isinstance(error, HTTPException)
    code = {404: "unknown_url", 405: "method_not_allowed"}.get(error.status_code)
    message = f"{error.detail}: {request.method} {request.url.path}"
    response = json_response(
        wrap(message, type_=INVALID, param=None, code=code), status=error.status_code
    )
    response.headers.update(error.headers or {})
    return response


async def answer_nobody(request: Request, error: Exception) -> Response:
    """The client has gone; nobody reads this. 499 is nginx's word for it."""
    return Response(status_code=499)
