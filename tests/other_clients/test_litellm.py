"""LiteLLM against the real service, by its providers for both vendors' APIs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.other_clients.conftest import KEY, MODEL
from tests.other_clients.questions import CITY
from tests.service.process import ServiceProcess

PROVIDERS = ["openai", "openai/responses", "anthropic"]
SCRIPT = Path(__file__).with_name("ask_by_litellm.py")


@pytest.fixture(scope="module")
def answers(service: ServiceProcess) -> Any:
    """By provider."""
    done = subprocess.run(
        [sys.executable, SCRIPT, service.url, KEY, MODEL],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("provider", PROVIDERS)
def test_chat_is_the_same_whole_streamed_and_asynchronous(answers: Any, provider: str) -> None:
    told = answers[provider]
    assert CITY in told["whole"]
    assert told["async"] == told["whole"] == "".join(told["pieces"])
    assert len(told["pieces"]) > 3
    assert told["prompt_tokens"] > 0


@pytest.mark.parametrize("provider", PROVIDERS)
def test_errors_are_litellm_s_own(answers: Any, provider: str) -> None:
    wanted = ["NotFoundError", "AuthenticationError", "BadRequestError"]
    assert answers[provider]["errors"] == wanted
