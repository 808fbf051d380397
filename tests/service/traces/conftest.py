"""A service that sends its traces to a collector."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.service.conftest import Service, running_service
from tests.service.scripted_engine import ScriptedEngine
from tests.service.traces.collector import TraceCollector


@pytest.fixture
async def collector() -> AsyncIterator[TraceCollector]:
    collector = TraceCollector()
    async with collector.listening():
        yield collector


@pytest.fixture
async def service(
    tmp_path: Path,
    engine: ScriptedEngine,
    collector: TraceCollector,
    request: pytest.FixtureRequest,
) -> AsyncIterator[Service]:
    marker = request.node.get_closest_marker("settings")
    settings = {"traces_endpoint": collector.url, "stage": "prod"}
    async with running_service(
        tmp_path, engine, **settings | (marker.kwargs if marker else {})
    ) as running:
        yield running
