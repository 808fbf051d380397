"""Access tokens on both transports: real keys, and a key set that a real server publishes."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from service import access_tokens, authentication
from service.server import background_work
from tests.service.conftest import Service, running_service
from tests.service.issuer import AUDIENCE, Issuer, issuing
from tests.service.scripted_engine import ScriptedEngine
from tests.service.transports import Refused, Transport, rest_transport, rpc_transport
from tests.soon import SOON


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with issuing() as running:
        yield running


@pytest.fixture
async def guarded(tmp_path: Path, engine: ScriptedEngine, issuer: Issuer) -> AsyncIterator[Service]:
    """A service whose transports ask for the issuer's tokens with the scope `generate`."""
    async with running_service(
        tmp_path,
        engine,
        rest_auth="jwt",
        grpc_auth="jwt",
        jwt_issuer=issuer.url,
        jwt_audience=AUDIENCE,
        jwt_jwks_url=issuer.jwks_url,
        jwt_scope="generate",
    ) as service:
        for authenticator in service.parts.authenticators.values():
            assert await authenticator.load()
        yield service


@asynccontextmanager
async def asking(kind: str, service: Service, token: str | None) -> AsyncIterator[Transport]:
    if kind == "rest":
        async with rest_transport(service.ports.http, key=token) as rest:
            yield rest
    else:
        async with rpc_transport(service.ports.grpc, key=token) as rpc:
            yield rpc


@pytest.fixture(params=["rest", "grpc"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def answer_to(kind: str, service: Service, token: str | None) -> str:
    """The text that a caller gets; raises Refused."""
    async with asking(kind, service, token) as transport:
        return (await transport.ask("Hello", max_tokens=4)).text


async def refusal_of(kind: str, service: Service, token: str | None) -> Refused:
    with pytest.raises(Refused) as refused:
        await answer_to(kind, service, token)
    return refused.value


@pytest.mark.parametrize(
    "claims",
    [
        {"scope": "openid generate"},
        {"scp": ["generate"]},
        {"scope": "generate", "aud": ["https://other.example", AUDIENCE]},
        {"scope": "generate", "aud": None, "client_id": AUDIENCE},
    ],
    ids=["scope", "scp", "several audiences", "cognito"],
)
async def test_good_token_is_let_in(
    kind: str, guarded: Service, issuer: Issuer, claims: dict[str, Any]
) -> None:
    assert await answer_to(kind, guarded, issuer.token(**claims))


async def test_caller_is_logged_by_the_token_s_subject(
    kind: str, guarded: Service, issuer: Issuer, caplog: pytest.LogCaptureFixture
) -> None:
    token = issuer.token(scope="generate", sub="ann@example.org")
    with caplog.at_level(logging.INFO, "service.request"):
        await answer_to(kind, guarded, token)
    assert [record.__dict__["key"] for record in caplog.records] == ["ann@example.org"]
    assert token not in caplog.text


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": time.time() - 3600}, "expired"),
        ({"exp": None}, "exp"),
        ({"nbf": time.time() + 3600}, "not yet valid"),
        ({"iss": "https://evil.example"}, "issuer"),
        ({"iss": None}, "iss"),
        ({"aud": "https://other.example"}, "Audience"),
        ({"aud": None}, "Audience"),
        ({"aud": "https://other.example", "client_id": AUDIENCE}, "Audience"),
        ({"headers": {"kid": "of nobody"}}, "key"),
        ({"headers": {"kid": ""}}, "key"),
    ],
)
async def test_token_that_is_not_good_is_refused_with_the_reason(
    kind: str, guarded: Service, issuer: Issuer, claims: dict[str, Any], reason: str
) -> None:
    refused = await refusal_of(kind, guarded, issuer.token(scope="generate", **claims))
    assert refused.code == "invalid_access_token"
    assert reason.lower() in refused.message.lower()


def encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def unsigned(issuer: Issuer) -> str:
    claims = jwt.decode(issuer.token(scope="generate"), options={"verify_signature": False})
    return f"{encoded({'alg': 'none', 'kid': 'key-0'})}.{encoded(claims)}."


def signed_with_the_public_key(issuer: Issuer) -> str:
    """The classic forgery: the published key taken as a secret that both sides share."""
    claims = jwt.decode(issuer.token(scope="generate"), options={"verify_signature": False})
    text = f"{encoded({'alg': 'HS256', 'kid': 'key-0'})}.{encoded(claims)}"
    digest = hmac.new(issuer.public_pem(), text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def with_another_signature(issuer: Issuer) -> str:
    head, body, _ = issuer.token(scope="generate").split(".")
    return f"{head}.{body}.{issuer.token(sub='bob').split('.')[2]}"


@pytest.mark.parametrize("forge", [unsigned, signed_with_the_public_key, with_another_signature])
async def test_forged_token_is_refused(
    kind: str, guarded: Service, issuer: Issuer, forge: Any
) -> None:
    assert (await refusal_of(kind, guarded, forge(issuer))).code == "invalid_access_token"


@pytest.mark.parametrize("sent", ["not.a.token", "sk-an-api-key"])
async def test_what_is_no_token_is_refused_and_not_repeated(
    kind: str, guarded: Service, sent: str
) -> None:
    refused = await refusal_of(kind, guarded, sent)
    assert refused.code == "invalid_access_token"
    assert sent not in refused.message


async def test_request_without_a_token_is_asked_for_one(kind: str, guarded: Service) -> None:
    assert "No access token" in (await refusal_of(kind, guarded, None)).message


async def test_token_without_the_scope_is_known_and_not_allowed(
    kind: str, guarded: Service, issuer: Issuer
) -> None:
    refused = await refusal_of(kind, guarded, issuer.token(scope="openid"))
    assert (refused.code, "`generate`" in refused.message) == ("insufficient_scope", True)


@pytest.mark.parametrize(
    ("claims", "status", "challenge"),
    [
        ({"exp": 1}, 401, 'Bearer error="invalid_token"'),
        ({"scope": "openid"}, 403, 'Bearer error="insufficient_scope", scope="generate"'),
    ],
)
async def test_refusal_challenges_as_rfc_6750_says(
    guarded: Service, issuer: Issuer, claims: dict[str, Any], status: int, challenge: str
) -> None:
    url = f"http://127.0.0.1:{guarded.ports.http}/v1/models"
    headers = {"authorization": f"Bearer {issuer.token(**claims)}"}
    async with httpx.AsyncClient() as client:
        response = await client.get(url, headers=headers)
    assert (response.status_code, response.headers["www-authenticate"]) == (status, challenge)


async def test_key_that_the_issuer_has_begun_to_use_is_looked_for(
    kind: str, guarded: Service, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access_tokens, "COOLDOWN_SECONDS", 0)
    issuer.rotate()
    assert await answer_to(kind, guarded, issuer.token(scope="generate"))


async def test_invented_key_ids_do_not_reach_the_issuer(
    guarded: Service, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access_tokens, "COOLDOWN_SECONDS", 3600)  # longer than any test
    before = issuer.fetches
    for number in range(5):
        await refusal_of("rest", guarded, issuer.token(headers={"kid": f"invented-{number}"}))
    assert issuer.fetches == before


async def test_keys_outlive_the_issuer_s_outage(guarded: Service, issuer: Issuer) -> None:
    token = issuer.token(scope="generate")
    issuer.up = False
    for authenticator in guarded.parts.authenticators.values():
        assert not await authenticator.load()
    assert await answer_to("rest", guarded, token)


@pytest.mark.parametrize(
    "answer",
    [b"", b"<html>", b"[]", b'{"keys": [1]}', b'{"keys": [{"kty": "RSA"}]}', b"[" * 200_000],
    ids=["nothing", "a page", "a list", "no keys", "half a key", "a nest"],
)
async def test_answer_that_is_no_key_set_changes_nothing(
    guarded: Service, issuer: Issuer, answer: bytes
) -> None:
    issuer.answer = answer
    for authenticator in guarded.parts.authenticators.values():
        assert not await authenticator.load()
    assert await answer_to("rest", guarded, issuer.token(scope="generate"))


async def test_task_is_not_ready_before_the_issuer_s_keys_were_read(
    tmp_path: Path, engine: ScriptedEngine, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authentication, "FIRST_RETRY_SECONDS", 0.01)
    issuer.up = False
    fields = {
        "rest_auth": "jwt",
        "grpc_auth": "off",
        "jwt_issuer": issuer.url,
        "jwt_audience": AUDIENCE,
        "jwt_jwks_url": issuer.jwks_url,
    }
    async with running_service(tmp_path, engine, keys_ready=False, **fields) as service:
        *others, polling = background_work(service.parts, service.settings)
        for other in others:
            other.close()
        task = asyncio.create_task(polling)
        for _ in range(2):  # the second look comes after the first one's failure
            assert await asyncio.to_thread(issuer.refused.acquire, timeout=SOON)
        assert not service.parts.health.ready
        ready = asyncio.Event()
        service.parts.health.watch(lambda is_ready: ready.set() if is_ready else None)
        issuer.up = True
        await asyncio.wait_for(ready.wait(), SOON)
        task.cancel()
