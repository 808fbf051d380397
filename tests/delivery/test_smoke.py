"""The smoke test passes on the real service, and says in a sentence why it fails on others."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from delivery import smoke
from delivery.assemblies import ROOT
from delivery.errors import DeliveryError
from delivery.smoke import Passed, Smoke
from tests.delivery.endpoint import KEY, MODELS, REFUSED, Answer, Asked, endpoint, healthy
from tests.service.process import service_process


def run(url: str, key: str = KEY, *, seconds: float = 20) -> list[Passed]:
    return list(Smoke(url, key, seconds=seconds).run())


def failure(answer: Asked, *, seconds: float = 20) -> str:
    with endpoint(answer) as url, pytest.raises(DeliveryError) as raised:
        run(url, seconds=seconds)
    return str(raised.value)


def run_verb(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name != "LLM_API_KEY"}
    return subprocess.run(
        [sys.executable, "-m", "delivery", "smoke", "--stage", "dev", *words],
        cwd=ROOT,
        env=kept | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_real_service_passes(tmp_path: Path) -> None:
    stored = {"name": "smoke", "sha256": hashlib.sha256(KEY.encode()).hexdigest()}
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [stored]}))
    with service_process(LLM_KEYS_SOURCE=f"file:{keys}") as service:
        service.wait_until_ready()
        done = run_verb("--url", service.url, LLM_API_KEY=KEY)
    assert done.returncode == 0, done.stderr
    assert "models: smollm2-135m-instruct" in done.stdout
    assert "chat: " in done.stdout
    assert "wrong key: refused with 401" in done.stdout


def test_all_checks_pass_on_a_healthy_endpoint() -> None:
    with endpoint(healthy) as url:
        assert [passed.check for passed in run(f"{url}/")] == ["models", "chat", "wrong key"]


def test_endpoint_that_is_not_ready_at_once_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(smoke, "PAUSE_SECONDS", 0.01)
    asked: list[str] = []

    def slow(path: str, good_key: bool) -> Answer:
        asked.append(path)
        return healthy(path, good_key) if len(asked) > 2 else (503, {})

    with endpoint(slow) as url:
        run(url)
    assert asked[:3] == ["/v1/models"] * 3


def test_endpoint_that_stays_unready_fails_at_the_deadline() -> None:
    told = failure(lambda _path, _good: (503, {"error": "queue_full"}), seconds=1)
    assert "models: got 503" in told
    assert "queue_full" in told


def test_address_that_nobody_listens_on_fails_with_the_address() -> None:
    with endpoint(healthy) as url:
        pass
    with pytest.raises(DeliveryError, match="can be reached from here") as raised:
        run(url, seconds=1)
    assert url in str(raised.value)


def test_key_that_is_refused_names_the_remedy() -> None:
    assert "LLM_API_KEY" in failure(lambda _path, _good: REFUSED)


def test_endpoint_that_takes_any_key_fails() -> None:
    told = failure(lambda path, _good: healthy(path, good_key=True))
    assert told.startswith("wrong key: got 200")
    assert "endpoint.rest_auth" in told


@pytest.mark.parametrize("body", [b"<html>", [], {"data": None}, {"data": [{}]}])
def test_answer_of_another_service_fails_readably(body: Any) -> None:
    assert failure(lambda _path, _good: (200, body)).startswith("models: got 200")


def test_empty_chat_fails() -> None:
    empty = {"choices": [{"message": {"content": " "}}]}

    def silent(path: str, good_key: bool) -> Answer:
        return (200, empty) if "chat" in path else healthy(path, good_key)

    assert failure(silent).startswith("chat: got an empty answer")


def test_endpoint_without_models_fails() -> None:
    assert failure(lambda _path, _good: (200, {**MODELS, "data": []})).startswith("models: got an")


def test_missing_key_is_one_sentence_with_the_verb_that_makes_one() -> None:
    done = run_verb("--url", "http://127.0.0.1:9")
    assert done.returncode == 1
    assert done.stderr.startswith("LLM_API_KEY: got none; make one with `make key")
    assert len(done.stderr.splitlines()) == 1
