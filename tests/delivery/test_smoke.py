"""The smoke test passes on the real service, and says in a sentence why it fails on others."""

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from delivery import smoke
from delivery.assemblies import ROOT
from delivery.endpoint import Endpoint, endpoint_of
from delivery.errors import DeliveryError
from delivery.smoke import NO_KEY, Passed, Smoke
from infra.stage_files import load_stage
from tests.delivery.endpoint import (
    GATEWAY_KEY,
    KEY,
    MODELS,
    REFUSED,
    STREAMED,
    Answer,
    Asked,
    endpoint,
    healthy,
)
from tests.service.process import service_process


def run(url: str, key: str = KEY, *, seconds: float = 20) -> list[Passed]:
    return list(Smoke(Endpoint(url.rstrip("/")), key, seconds=seconds).run())


def failure(answer: Asked, *, seconds: float = 20) -> str:
    with endpoint(answer) as url, pytest.raises(DeliveryError) as raised:
        run(url, seconds=seconds)
    return str(raised.value)


def run_verb(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LLM_")}
    return subprocess.run(
        [sys.executable, "-m", "delivery", "smoke", "--stage", "dev", *words],
        cwd=ROOT,
        env=kept | variables | {"PYTHONPATH": "client/src"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_real_service_passes(tmp_path: Path) -> None:
    stored = {"name": "smoke", "sha256": hashlib.sha256(KEY.encode()).hexdigest()}
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [stored]}))
    with service_process(LLM_KEYS_SOURCE=f"file:{keys}", LLM_GRPC_AUTH="keys") as service:
        service.wait_until_ready()
        grpc_url = f"grpc://127.0.0.1:{service.grpc_port}"
        done = run_verb("--url", service.url, "--grpc-url", grpc_url, LLM_API_KEY=KEY)
    assert done.returncode == 0, done.stderr
    assert "models: smollm2-135m-instruct" in done.stdout
    assert "chat: " in done.stdout
    assert re.search(r"stream: \d+ pieces, \[DONE\]", done.stdout)
    assert "wrong key: refused with 401" in done.stdout
    assert "grpc: '" in done.stdout
    assert "wrong key over grpc: refused as invalid_api_key" in done.stdout


def test_all_checks_pass_on_a_healthy_endpoint() -> None:
    with endpoint(healthy) as url:
        checks = [passed.check for passed in run(f"{url}/")]
    assert checks == ["models", "chat", "stream", "wrong key"]


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
    assert "auth.rest" in told


@pytest.mark.parametrize("body", [b"<html>", [], {"data": None}, {"data": [{}]}])
def test_answer_of_another_service_fails_readably(body: Any) -> None:
    assert failure(lambda _path, _good: (200, body)).startswith("models: got 200")


def test_certificate_for_another_name_fails_at_once_and_asks_for_the_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    error = httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] Hostname mismatch")
    monkeypatch.setattr(Smoke, "_attempt", lambda *_: error)
    with pytest.raises(DeliveryError, match=r"Hostname mismatch.*pass the name .* URL=https://"):
        run("https://lb.example.org", seconds=60)


def test_empty_chat_fails() -> None:
    empty = {"choices": [{"message": {"content": " "}}]}

    def silent(path: str, good_key: bool) -> Answer:
        return (200, empty) if "chat" in path else healthy(path, good_key)

    assert failure(silent).startswith("chat: got an empty answer")


def test_answer_that_is_no_stream_fails() -> None:
    def whole(path: str, good_key: bool) -> Answer:
        return healthy("/v1/chat/completions" if path == STREAMED else path, good_key)

    assert failure(whole).startswith("stream: got 200")


def test_stream_that_breaks_off_fails() -> None:
    def cut(path: str, good_key: bool) -> Answer:
        broken = 200, b'data: {"choices": [{"delta": {"content": "Hel"}}]}\n\n'
        return broken if path == STREAMED else healthy(path, good_key)

    assert "no stream that ends in [DONE]" in failure(cut)


def test_without_a_key_only_the_refusal_is_checked_and_the_rest_is_named() -> None:
    with endpoint(healthy) as url:
        smoke = Smoke(Endpoint(url), "", seconds=20)
        assert [passed.check for passed in smoke.run()] == ["wrong key"]
    assert smoke.complete is False
    assert {check for check, why in smoke.left_out.items() if why == NO_KEY} == {
        *("models", "chat", "stream")
    }


def test_endpoint_that_is_open_on_purpose_needs_no_key_and_refuses_none() -> None:
    with endpoint(lambda path, _good: healthy(path, good_key=True)) as url:
        smoke = Smoke(Endpoint(url, rest_is_open=True), "", seconds=20)
        assert [passed.check for passed in smoke.run()] == ["models", "chat", "stream"]
    assert smoke.complete


@pytest.mark.parametrize(
    ("stage", "url", "grpc_url"),
    [
        ("prod", "https://llm.example.org", "grpcs://llm.example.org"),
        ("dev", "https://x.execute-api.us-east-1.amazonaws.com/api", None),
        ("local", "http://127.0.0.1:8080", None),
    ],
)
def test_grpc_is_asked_where_the_load_balancer_speaks_it(
    stage: str, url: str, grpc_url: str | None
) -> None:
    assert endpoint_of(load_stage(stage), url).grpc_url == grpc_url


def test_grpc_at_an_address_of_its_own_is_asked_there() -> None:
    asked = endpoint_of(load_stage("local"), "http://127.0.0.1:8080", "grpc://127.0.0.1:50051")
    assert (asked.grpc_url, asked.grpc_is_open) == ("grpc://127.0.0.1:50051", True)


def test_endpoint_without_models_fails() -> None:
    assert failure(lambda _path, _good: (200, {**MODELS, "data": []})).startswith("models: got an")


def test_missing_key_is_one_sentence_with_the_verb_that_makes_one() -> None:
    done = run_verb("--url", "http://127.0.0.1:9")
    assert done.returncode == 1
    assert done.stderr.startswith("LLM_API_KEY: got none; make one with `make key")
    assert len(done.stderr.splitlines()) == 1


def test_gateway_that_asks_for_a_key_of_its_own_gets_it_with_every_question() -> None:
    with endpoint(healthy, behind_gateway=True) as url:
        done = run_verb("--url", url, LLM_API_KEY=KEY, LLM_GATEWAY_API_KEY=GATEWAY_KEY)
    assert done.returncode == 0, done.stderr
    assert "wrong key: refused with 401" in done.stdout
    assert GATEWAY_KEY not in done.stdout + done.stderr


def test_gateway_whose_key_is_missing_names_the_remedy() -> None:
    with endpoint(healthy, behind_gateway=True) as url:
        done = run_verb("--url", url, LLM_API_KEY=KEY, LLM_GATEWAY_API_KEY="")
    assert done.returncode == 1
    assert "LLM_GATEWAY_API_KEY" in done.stderr
