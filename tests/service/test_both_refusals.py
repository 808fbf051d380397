"""Every error that a request can end in, told alike over REST and gRPC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from service import errors
from service.authentication import Identity
from service.errors import ServiceError
from service.settings import Auth
from tests.service.conftest import KEY, Service, stored
from tests.service.face import Asked, Transport
from tests.service.test_errors import told_errors
from tests.service.transports import (
    CHAT,
    PROMPT_AND_CHAT,
    Refused,
    collect,
    refused,
    rest_transport,
    rpc_transport,
)


class Case(NamedTuple):
    """An error, and its status over each transport."""

    error: ServiceError
    http: int
    grpc: str


LONG = errors.ContextLengthExceeded(prompt_tokens=9, context_tokens=8, param="prompt")
DATE = datetime(2020, 2, 29, 12, tzinfo=UTC)
CASES = [
    Case(errors.InvalidRequest.of_field("seed", "it is odd"), 400, "INVALID_ARGUMENT"),
    *(Case(kind("Odd.", param="seed"), 400, "INVALID_ARGUMENT") for kind in errors.PLAIN_KINDS),
    Case(errors.ModelNotFound("gpt", served="smol"), 404, "NOT_FOUND"),
    Case(LONG, 400, "INVALID_ARGUMENT"),
    Case(errors.RequestTooLarge(limit_bytes=7), 413, "RESOURCE_EXHAUSTED"),
    Case(errors.UnsupportedMediaType("No JSON."), 415, "INVALID_ARGUMENT"),
    Case(errors.BodyTimeout(limit_seconds=30), 408, "INVALID_ARGUMENT"),
    Case(errors.NotAuthenticated("Who?"), 401, "UNAUTHENTICATED"),
    Case(errors.ExpiredApiKey("tester", expired=DATE), 401, "UNAUTHENTICATED"),
    Case(errors.InvalidAccessToken("Forged."), 401, "UNAUTHENTICATED"),
    Case(errors.InsufficientScope("llm/ask"), 403, "PERMISSION_DENIED"),
    Case(
        errors.RateLimitExceeded("tester", limit=5, unit="tokens", retry_after_seconds=9),
        429,
        "RESOURCE_EXHAUSTED",
    ),
    Case(errors.Unavailable("Not now."), 503, "UNAVAILABLE"),
    Case(errors.QueueFull("Full.", retry_after_seconds=7), 503, "UNAVAILABLE"),
    Case(errors.QueueTooLong("Long.", retry_after_seconds=60), 503, "UNAVAILABLE"),
    Case(errors.QueueTimeout("Slow.", retry_after_seconds=2), 503, "UNAVAILABLE"),
    Case(errors.TooManyConnections("Many."), 503, "UNAVAILABLE"),
    Case(errors.EngineUnavailable("Gone."), 503, "UNAVAILABLE"),
    Case(errors.Draining("Bye."), 503, "UNAVAILABLE"),
    Case(errors.DeadlineExceeded("Late."), 504, "DEADLINE_EXCEEDED"),
    Case(errors.InternalError(), 500, "INTERNAL"),
]


def test_cases_have_every_error_there_is() -> None:
    assert {type(case.error) for case in CASES} == set(told_errors())


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: type(case.error).__name__)
async def test_error_has_the_same_code_message_field_and_pause(
    service: Service,
    transport: Transport,
    monkeypatch: pytest.MonkeyPatch,
    case: Case,
    streamed: bool,
) -> None:
    async def fails(authorization: str | None) -> Identity:
        raise case.error

    monkeypatch.setattr(service.parts.authenticators[Auth.KEYS], "authenticate", fails)
    found = await refused(transport, streamed=streamed)
    status = str(case.http) if transport.name == "rest" else case.grpc
    error = case.error
    assert found == Refused(
        error.code, error.message, error.param, error.retry_after_seconds, status
    )


@pytest.mark.parametrize("key", [None, "sk-wrong"])
@PROMPT_AND_CHAT
async def test_missing_or_wrong_key_is_refused_before_anything_else(
    service: Service, key: str | None, asked: Asked
) -> None:
    async with (
        rest_transport(service.ports.http, key=key) as rest,
        rpc_transport(service.ports.grpc, key=key) as rpc,
    ):
        one, other = [await refused(each, asked, temperature=9.0) for each in (rest, rpc)]
    assert one.code == other.code == "invalid_api_key"
    assert one.message == other.message
    assert service.engine.requests == []


@pytest.mark.parametrize("method", ["stream", "stream chat", "count", "models"])
async def test_every_method_asks_for_the_key(service: Service, method: str) -> None:
    async with (
        rest_transport(service.ports.http, key=None) as rest,
        rpc_transport(service.ports.grpc, key=None) as rpc,
    ):
        for transport in (rest, rpc):
            with pytest.raises(Refused, check=lambda error: error.code == "invalid_api_key"):
                await unauthenticated(transport, method)
    assert service.engine.requests == []


async def unauthenticated(transport: Transport, method: str) -> None:
    match method:
        case "models":
            await transport.models()
        case "count":
            await transport.count("Hi")
        case "stream":
            await collect(transport)
        case _:
            await collect(transport, CHAT)


async def test_key_beyond_its_limit_is_refused_with_the_limit_and_a_pause(
    service: Service, transport: Transport
) -> None:
    service.replace_keys(stored(requests_per_minute=2))
    for _ in range(2):
        await transport.ask("Hi")
    found = await refused(transport)
    pause = found.retry_after_seconds
    assert (found.code, found.param) == ("rate_limit_exceeded", None)
    assert found.message == (
        "The API key `tester` may use 2 requests per minute here, and has used them; "
        f"send the request again after {pause} s."
    )
    assert pause in range(20, 31)  # half a minute, less what the first two took
    assert len(service.engine.requests) == 2


async def test_key_whose_date_is_past_is_refused_with_the_date(
    service: Service, transport: Transport
) -> None:
    service.replace_keys(stored(expires=DATE))
    found = await refused(transport)
    assert (found.code, found.message) == (
        "expired_api_key",
        "The API key `tester` expired on 2020-02-29 at 12:00 UTC; ask for a new one.",
    )


async def test_no_answer_has_the_key_in_it(both: tuple[Transport, Transport]) -> None:
    for transport in both:
        assert KEY not in repr(await refused(transport, model="none"))


@PROMPT_AND_CHAT
async def test_prompt_beyond_the_context_is_refused(
    service: Service, both: tuple[Transport, Transport], asked: Asked
) -> None:
    service.engine.refusal = {
        "code": 400,
        "type": "exceed_context_size_error",
        "message": "too long",
        "n_prompt_tokens": 5001,
        "n_ctx": 2048,
    }
    one, other = [await refused(transport, asked) for transport in both]
    param = "prompt" if isinstance(asked, str) else "messages"
    assert (one.code, one.param) == (other.code, other.param) == ("context_length_exceeded", param)
    assert one.message == other.message
    assert "5001" in one.message
    assert "2048" in one.message


@pytest.mark.settings(context_tokens=64)
async def test_text_that_cannot_fit_is_refused_before_the_engine_counts_its_tokens(
    service: Service, transport: Transport
) -> None:
    assert (await refused(transport, "x" * 65 * 64)).code == "context_length_exceeded"
    assert service.engine.requests == []


@PROMPT_AND_CHAT
async def test_what_the_engine_finds_wrong_is_the_request_s_fault(
    service: Service, both: tuple[Transport, Transport], asked: Asked
) -> None:
    service.engine.refusal = {"code": 400, "type": "invalid_request_error", "message": "bad"}
    one, other = [await refused(transport, asked) for transport in both]
    assert (one.code, one.message) == (other.code, other.message)
    assert one.code == "invalid_value"


@PROMPT_AND_CHAT
async def test_what_the_engine_says_of_its_own_faults_stays_inside(
    service: Service, transport: Transport, asked: Asked
) -> None:
    service.engine.refusal = {"code": 500, "type": "server_error", "message": "at 0xdeadbeef"}
    found = await refused(transport, asked)
    assert found.code == "internal_error"
    assert "0xdeadbeef" not in found.message


@PROMPT_AND_CHAT
async def test_what_the_engine_says_that_nobody_knows_is_an_internal_error(
    service: Service, transport: Transport, asked: Asked
) -> None:
    service.engine.finish_reason = "no such reason"
    found = await refused(transport, asked)
    assert found.code == "internal_error"
    assert "no such reason" not in found.message
