"""The real service for other people's clients: the bundled model, with a template for tools."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.model.bundled import bundled_model_path
from service.model.requantisation import requantise
from tests.service.process import ServiceProcess, service_process

TEMPLATE = Path(__file__).with_name("tools.jinja")
MODEL = "smollm2-135m-instruct"
KEY = "sk-of-a-test"
LIMITED_KEYS = {"openai": "sk-with-a-limit", "anthropic": "sk-with-a-limit-too"}  # each its own


def stored(name: str, key: str, **limits: int) -> dict[str, object]:
    return {"name": name, "sha256": hashlib.sha256(key.encode()).hexdigest(), **limits}


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """Asks for a key; tests leave it as they found it."""
    folder = tmp_path_factory.mktemp("service")
    model, keys = folder / "model.gguf", folder / "keys.json"
    requantise(
        bundled_model_path(),
        model,
        type_name=None,
        chat_template=TEMPLATE.read_text(),
        on_progress=lambda done, total: None,
    )
    limited = [stored(name, key, requests_per_minute=1) for name, key in LIMITED_KEYS.items()]
    keys.write_text(json.dumps({"keys": [stored("tester", KEY), *limited]}))
    with service_process(
        LLM_KEYS_SOURCE=f"file:{keys}", LLM_MODEL_PATH=str(model), LLM_SLOTS="4"
    ) as service:
        service.wait_until_ready()
        yield service
