"""What a body may say that it is."""

from __future__ import annotations

import gzip

import httpx
import pytest

from tests.service.conftest import Service

BODY = b'{"prompt": "Hi"}'


async def post(client: httpx.AsyncClient, headers: object, body: bytes = BODY) -> httpx.Response:
    return await client.post("/v1/completions", content=body, headers=headers)  # type: ignore[arg-type]  # of any of its shapes


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": ""},
        {"content-type": "application/json"},
        {"content-type": "Application/JSON; charset=UTF-8"},
        {"content-type": 'application/json;charset="utf-8"'},
        {"content-type": "application/vnd.api+json; version=1"},
        {"content-type": 'application/json; charset*0*;charset*="a*0*%zz'},
        {"content-encoding": "identity"},
    ],
)
async def test_json_is_taken_by_each_of_its_names_and_by_none(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    assert (await post(client, headers)).status_code == 200


@pytest.mark.parametrize(
    ("headers", "what"),
    [
        ({"content-type": "application/x-www-form-urlencoded"}, "which curl sends"),
        ({"content-type": "text/plain"}, "'text/plain'; send JSON"),
        ({"content-type": "multipart/form-data; boundary=x"}, "send JSON"),
        ({"content-type": "application/xml"}, "send JSON"),
        ({"content-type": "application/jsonp"}, "send JSON"),
        ({"content-type": "text/json"}, "send JSON"),
        ({"content-type": "json"}, "send JSON"),
        ({"content-type": "x" * 900}, "send JSON"),
        ({"content-type": "application/json; charset=latin-1"}, "'latin-1'; send UTF-8"),
        ([("content-type", "application/json"), ("content-type", "text/plain")], "text/plain"),
        ({"content-encoding": "gzip"}, "'gzip'; send it as it is"),
        ({"content-encoding": "identity, br"}, "'identity, br'; send it as it is"),
    ],
)
async def test_body_that_says_that_it_is_no_json_is_refused_before_it_is_read(
    service: Service, client: httpx.AsyncClient, headers: object, what: str
) -> None:
    answer = await post(client, headers)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (415, "unsupported_media_type")
    assert what in error["message"]
    assert len(error["message"]) < 250
    assert service.engine.requests == []
    assert (await post(client, {})).status_code == 200


async def test_compressed_body_is_told_from_one_that_is_no_json(client: httpx.AsyncClient) -> None:
    answer = await post(client, {"content-encoding": "gzip"}, gzip.compress(BODY))
    assert answer.status_code == 415


async def test_every_route_with_a_body_asks_what_it_is(
    service: Service, client: httpx.AsyncClient
) -> None:
    for operation in service.parts.rest.operations():
        if operation.body is not None:
            answer = await client.post(operation.path, headers={"content-type": "text/plain"})
            assert answer.status_code == 415
            assert "Content-Type" in answer.json()["error"]["message"]


async def test_key_is_asked_for_first(client: httpx.AsyncClient) -> None:
    headers = {"authorization": "Bearer no", "content-type": "text/plain"}
    assert (await post(client, headers)).status_code == 401
