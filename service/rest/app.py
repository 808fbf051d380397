"""The REST API in one: its routes, and what an error becomes."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from service.admission import AdmissionGate
from service.authentication import Authenticator
from service.client_addresses import ClientAddresses
from service.errors import InvalidRequest, ServiceError
from service.health import Health
from service.inference import Inference, TimeLimits
from service.logs import TRACE, without_keys
from service.metrics import Metrics
from service.observation import current
from service.observer import Observer
from service.outcomes import CANCELLED, METHOD_NOT_ALLOWED, UNKNOWN_URL
from service.quotas import Quotas
from service.rest.callers import Callers, SecondsLeft, unlimited
from service.rest.completions import CompletionRoutes
from service.rest.connection_reserve import ConnectionReserve
from service.rest.cors import PageHeaders, Preflights, options
from service.rest.embeddings import EmbeddingRoutes
from service.rest.health import PREFIX as HEALTH_PREFIX
from service.rest.health import HealthRoutes
from service.rest.http_refusals import BODY_REFUSED, Reason
from service.rest.intake import Intake
from service.rest.json_answers import json_response
from service.rest.messages.routes import MessageRoutes
from service.rest.middleware import RequestContext
from service.rest.models import ModelRoutes
from service.rest.openapi.document import DocumentRoutes
from service.rest.operations import Operation
from service.rest.playground import Playground
from service.rest.rate_limits import RateLimitHeaders
from service.rest.refusals import envelope, http_envelope
from service.rest.responses.routes import ResponseRoutes
from service.rest.statuses import ANSWERS, headers
from service.rest.streaming import Streams
from service.rest.tokens import TokenRoutes

# For who has only shut down its writing side.
LEFT = "The client closed its connection for sending; keep it open until the answer has come."
METRICS_PATH = "/metrics"  # the seam: the load balancer hides it too


class RestApi:
    """OpenAI's API for one model.

    `fingerprint` is the answers' `system_fingerprint`, `limits` what `inference` holds requests to.
    `streams` is False where the carrier takes whole answers only; `seconds_left` is how long it
    waits for one. `playground_of` is the gate whose load the playground shows, if there is one.
    `cors_origins` are those of the web pages that may use the API.
    """

    def __init__(
        self,
        *,
        inference: Inference,
        authenticator: Authenticator,
        quotas: Quotas,
        health: Health,
        metrics: Metrics,
        observer: Observer,
        fingerprint: str,
        limits: TimeLimits,
        max_body_bytes: int,
        streams: bool = True,
        seconds_left: SecondsLeft = unlimited,
        playground_of: AdmissionGate | None = None,
        cors_origins: Sequence[str] = (),
        addresses: ClientAddresses = ClientAddresses(),  # noqa: B008  # it is frozen
    ) -> None:
        self._addresses = addresses
        self._cors_origins = cors_origins
        self._health = health
        self._metrics = metrics
        self._observer = observer
        self._quotas = quotas
        callers = Callers(
            authenticator,
            longest_seconds=limits.max_wait_seconds + limits.generation_seconds,
            seconds_left=seconds_left,
        )
        intake = Intake(callers, max_body_bytes=max_body_bytes)
        streamed = Streams(inference, allowed=streams, longest_wait_seconds=limits.max_wait_seconds)
        self._completions = CompletionRoutes(inference, intake, streamed, fingerprint=fingerprint)
        self._models = ModelRoutes(inference, callers)
        self._responses = ResponseRoutes(inference, intake, streamed)
        self._messages = MessageRoutes(inference, intake, streamed)
        self._embeddings = EmbeddingRoutes(inference, intake)
        self._tokens = TokenRoutes(inference, intake)
        self._document = DocumentRoutes(self.operations, inference, streams=streams)
        self._pages: list[Route] = []
        if playground_of is not None:
            self._pages = Playground(playground_of, callers, inference.model_name).routes()

    def app(self) -> Starlette:
        app = Starlette(
            routes=[*(operation.route() for operation in self.operations()), *self._pages],
            exception_handlers={
                ServiceError: self.answer_error,
                HTTPException: answer_http_error,
                ClientDisconnect: answer_no_body,
            },
        )
        # A redirect would name the address that we see, which behind TLS is the wrong one.
        app.router.redirect_slashes = False
        self._wrap(app)
        return app

    def _wrap(self, app: Starlette) -> None:
        """From the innermost on."""
        pages = options(self._cors_origins)
        kept_for = (HEALTH_PREFIX, METRICS_PATH)
        app.add_middleware(ConnectionReserve, kept_for=kept_for, refuse=self.answer_error)
        if self._cors_origins:
            app.add_middleware(Preflights, **pages)
        app.add_middleware(
            RequestContext,
            health=self._health,
            observer=self._observer,
            routine=self._routine(),
            addresses=self._addresses,
        )
        app.add_middleware(RateLimitHeaders, quotas=self._quotas)
        if self._cors_origins:
            app.add_middleware(PageHeaders, **pages)

    def _routine(self) -> set[str]:
        """What is asked all the time, and asks nothing of the model."""
        open_ones = (each.path for each in self.operations() if not each.asks_for_key)
        return {*open_ones, *(page.path for page in self._pages)}

    def routes(self) -> dict[str, bool]:
        """What is asked with a key, and of each whether it generates."""
        return {each.path: each.generates for each in self.operations() if each.asks_for_key}

    def operations(self) -> list[Operation]:
        """All that can be asked, in the order in which the document has it."""
        return [
            *self._completions.operations(),
            *self._responses.operations(),
            *self._messages.operations(),
            *self._models.operations(),
            *self._embeddings.operations(),
            *self._tokens.operations(),
            *HealthRoutes(self._health).operations(),
            Operation(
                method="GET",
                path=METRICS_PATH,
                endpoint=self.metrics,
                summary="Metrics for Prometheus.",
                media_type="text/plain",
                asks_for_key=False,
            ),
            *self._document.operations(),
        ]

    async def metrics(self, request: Request) -> Response:
        """For those who scrape the task itself: nothing there for whom a load balancer let in.

        It adds this header to every request, whatever its client sent.
        https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html
        """
        if TRACE in request.headers:
            raise HTTPException(404)
        return Response(generate_latest(self._metrics.registry), media_type=CONTENT_TYPE_LATEST)

    async def answer_error(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, ServiceError)
        current().failed(error)
        body = envelope(error, path=request.url.path)
        response = json_response(body, status=ANSWERS[error.code].status)
        response.headers.update(headers(error))
        return response


async def answer_http_error(request: Request, error: Exception) -> Response:
    """Starlette's own refusals: no such route, wrong method."""
    assert isinstance(error, HTTPException)
    status, path = error.status_code, request.url.path
    code = {404: UNKNOWN_URL, 405: METHOD_NOT_ALLOWED}.get(status)
    current().outcome = code or InvalidRequest.code
    message = f"{error.detail}: {request.method} {without_keys(path)}"
    body = http_envelope(message, status=status, code=code, path=path)
    response = json_response(body, status=status)
    response.headers.update(error.headers or {})
    return response


async def answer_no_body(request: Request, error: Exception) -> Response:
    """The client has gone, or so it seems: 499 is nginx's word for it. Or it is there, and its
    connection makes no sense of the body."""
    reason: Reason | None = request.scope.get("state", {}).get(BODY_REFUSED)
    code, status, message = reason or (CANCELLED, 499, LEFT)
    current().outcome = code
    body = http_envelope(message, status=status, code=code, path=request.url.path)
    return json_response(body, status=status)
