"""A client of each kind over each transport, and the endpoint that plays the steps given."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.client.faces import KINDS, face
from tests.client.scripted.calls import KEY, Ask, Asked
from tests.client.scripted_endpoint import Step, scripted


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llm_on_ecs.retries.FIRST_PAUSE_SECONDS", 0.01)


@pytest.fixture(params=["rest", "grpc"])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=KINDS)
def ask(request: pytest.FixtureRequest, transport: str) -> Ask:
    """A client and an endpoint that plays the steps given."""

    @asynccontextmanager
    async def asked(*steps: Step, **arguments: Any) -> AsyncIterator[Asked]:
        async with (
            scripted(transport, *steps) as (endpoint, url),
            face(request.param, url, api_key=KEY, **arguments) as client,
        ):
            yield client, endpoint

    return asked
