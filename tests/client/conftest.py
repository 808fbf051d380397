"""The real service, one process for all the tests here that ask it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

import pytest

from tests.service.process import ServiceProcess, service_process

KEY = "sk-of-a-test"


@pytest.fixture(scope="session")
def real_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """Asks for the key on both transports; tests leave it as they found it."""
    file = tmp_path_factory.mktemp("keys") / "keys.json"
    stored = {"name": "tester", "sha256": hashlib.sha256(KEY.encode()).hexdigest()}
    file.write_text(json.dumps({"keys": [stored]}))
    with service_process(LLM_KEYS_SOURCE=f"file:{file}", LLM_GRPC_AUTH="keys") as service:
        service.wait_until_ready()
        yield service
