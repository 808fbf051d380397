"""A service that is used and misused with known keys, and all that it says: they are not in it."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import grpc
import httpx
import pytest

from service.rpc import llm_service_pb2 as pb
from service.rpc.llm_service_pb2_grpc import LLMServiceStub
from tests.service.process import ServiceProcess, service_process
from tests.service.raw_calls import message, raw_calls

GOOD, EXPIRED, UNKNOWN = "sk-good-0123456789", "sk-expired-0123456789", "sk-unknown-0123456789"
MODEL = "smollm2-135m-instruct"
CREDENTIALS = [
    *(f"{scheme} {key}" for scheme in ("Bearer", "Basic") for key in (GOOD, EXPIRED, UNKNOWN)),
    *(GOOD, f"Bearer {GOOD} {GOOD}", "Bearer " + hashlib.sha256(GOOD.encode()).hexdigest()),
]


def sha256(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def document(**wrong: object) -> str:
    good = {"name": "ann", "sha256": sha256(GOOD), "requests_per_minute": 2} | wrong
    expired = {"name": "bob", "sha256": sha256(EXPIRED), "expires": "2020-01-01T00:00:00Z"}
    return json.dumps({"keys": [good, expired]})


@pytest.fixture
def keys_file(tmp_path: Path) -> Path:
    file = tmp_path / "keys.json"
    file.write_text(document())
    return file


class Collector(ThreadingHTTPServer):
    """Takes what is sent to it of traces, and keeps it as it is."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Exported)
        self.url = f"http://127.0.0.1:{self.server_port}/v1/traces"
        self.taken = b""


class Exported(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        zipped = self.headers["content-encoding"] == "gzip"
        self.server.taken += gzip.decompress(body) if zipped else body
        self.server.taken += str(self.headers).encode()
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing on standard error."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def service(keys_file: Path, collector: Collector) -> Iterator[ServiceProcess]:
    with service_process(
        LLM_TRACES_ENDPOINT=collector.url,
        LLM_KEYS_SOURCE=f"file:{keys_file}",
        LLM_KEYS_POLL_SECONDS="0.1",
        LLM_GRPC_AUTH="keys",
        LLM_LOG_LEVEL="DEBUG",
    ) as service:
        service.wait_until_ready()
        yield service


def over_rest(service: ServiceProcess, authorization: str) -> str:
    """All that comes back: an answer, a stream, a refusal of the body, the models. The key comes in
    places too that are none for it."""
    key = authorization.split()[-1]
    misplaced = key if key.startswith("sk-") else "none"  # what is no key is no secret there
    headers = {"authorization": authorization, "x-request-id": misplaced}
    told = []
    with httpx.Client(base_url=service.url, headers=headers, timeout=60) as client:
        for body in ({}, {"stream": True}, {"temperature": 9}):
            asked = {"prompt": "Hi", "max_tokens": 1} | body
            told.append(client.post("/v1/completions", json=asked))
        for path in ("/v1/models", f"/v1/nothing/{misplaced}", "/metrics"):
            told.append(client.get(path, params={"api_key": key}))
    return "".join(f"{answer.status_code} {answer.headers} {answer.text}" for answer in told)


def over_another_header(service: ServiceProcess, authorization: str) -> str:
    headers = {"x-api-key": authorization.split()[-1]}
    body = {"prompt": "Hi", "max_tokens": 1}
    answer = httpx.post(f"{service.url}/v1/completions", json=body, headers=headers, timeout=60)
    return f"{answer.status_code} {answer.headers} {answer.text}"


def over_anthropic_s(service: ServiceProcess, authorization: str) -> str:
    headers = {"x-api-key": authorization.split()[-1]}
    body = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1, "model": MODEL}
    answer = httpx.post(f"{service.url}/v1/messages", json=body, headers=headers, timeout=60)
    return f"{answer.status_code} {answer.headers} {answer.text}"


def over_grpc(service: ServiceProcess, authorization: str) -> str:
    metadata = (("authorization", authorization),)
    with grpc.insecure_channel(f"127.0.0.1:{service.grpc_port}") as channel:
        ask = LLMServiceStub(channel).GenerateText  # type: ignore[no-untyped-call]  # generated
        try:
            return str(ask(pb.GenerateTextRequest(prompt="Hi", max_tokens=1), metadata=metadata))
        except grpc.RpcError as error:
            return f"{error} {error.trailing_metadata()}"


def over_grpc_in_no_text(service: ServiceProcess, authorization: str) -> str:
    """With bytes behind it that are no UTF-8, which the library logs."""

    async def ask() -> str:
        metadata = [(b"authorization", authorization.encode() + b"\xff\xfe")]
        async with raw_calls(service.grpc_port) as calls:
            call = await calls.begin("/LLMService/ListModels", metadata=metadata)
            await calls.send(call, message(b""), end=True)
            return str(await calls.ended(call))

    return asyncio.run(ask())


ASKS = (over_rest, over_another_header, over_anthropic_s, over_grpc, over_grpc_in_no_text)


def test_no_key_and_no_hash_is_in_an_answer_an_error_a_log_line_a_metric_or_a_trace(
    service: ServiceProcess, keys_file: Path, collector: Collector
) -> None:
    answers = [
        ask(service, authorization)
        for _ in range(2)
        for authorization in CREDENTIALS
        for ask in ASKS
    ]
    keys_file.write_text(document(tokens_per_minute="many"))
    service.wait_for_log("keys not loaded: the document is not valid")
    metrics = httpx.get(f"{service.url}/metrics").text
    assert service.terminate() == 0
    service.wait_for_end_of_output()
    traces = collector.taken.decode(errors="replace")
    said = "".join([*answers, metrics, json.dumps(service.logs), json.dumps(service.metrics)])

    for seen in ("GET /v1/models", "POST /v1/messages", "LLMService/GenerateText", "unknown_url"):
        assert seen in traces
    for outcome in ("expired_api_key", "invalid_api_key", "rate_limit_exceeded", "ok"):
        assert outcome in traces
    for seen in (
        "expired_api_key",
        "invalid_api_key",
        "rate_limit_exceeded",
        '"key": "ann"',
        "encoding",
    ):
        assert seen in said
    for key in (GOOD, EXPIRED, UNKNOWN):
        assert key not in said + traces
        assert sha256(key) not in said + traces
