"""Lambda's Runtime API on this machine: hands a function its invocations and takes its answers.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import json
import queue
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

VERSION = "/2018-06-01/runtime"
FUNCTION_ARN = "arn:aws:lambda:us-east-1:123456789012:function:local"


@dataclass
class Invocation:
    """One event and what became of it: an answer, or the error that the runtime reported."""

    event: object
    deadline: float
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    answer: Any = None
    error: Any = None
    seconds: float = 0
    ended: threading.Event = field(default_factory=threading.Event)


class RuntimeApi:
    """Guarantees Lambda's order: the next invocation only after the last one was answered."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.port: int = server.server_address[1]
        self.init_error: Any = None
        self.asked = threading.Event()  # for an invocation: the init phase is over
        self._waiting: queue.Queue[Invocation | None] = queue.Queue()
        self._running: dict[str, Invocation] = {}

    def invoke(self, event: object, *, seconds: float = 60) -> Any:
        """The function's answer. `seconds` is its timeout; fails where Lambda would kill it."""
        return self.invocation(event, seconds=seconds).answer

    def invocation(self, event: object, *, seconds: float = 60) -> Invocation:
        invocation = Invocation(event, deadline=time.time() + seconds)
        started = time.monotonic()
        self._waiting.put(invocation)
        assert invocation.ended.wait(seconds), f"not answered within its {seconds} s"
        invocation.seconds = time.monotonic() - started
        assert invocation.error is None, invocation.error
        return invocation

    def wait_until_initialised(self, *, seconds: float = 30) -> None:
        assert self.asked.wait(seconds), f"no request for an invocation within {seconds} s"
        assert self.init_error is None, self.init_error

    def close(self) -> None:
        self._waiting.put(None)

    def next(self) -> Invocation | None:
        self.asked.set()
        invocation = self._waiting.get()
        if invocation is not None:
            self._running[invocation.id] = invocation
        return invocation

    def take(self, path: str, body: Any) -> None:
        """What the runtime posts: `/invocation/<id>/response`, `.../error` or `/init/error`."""
        words = path.removeprefix(VERSION).split("/")
        if words[1:] == ["init", "error"]:
            self.init_error = body
            self.asked.set()
            return
        invocation = self._running.pop(words[2])
        if words[3] == "response":
            invocation.answer = body
        else:
            invocation.error = body
        invocation.ended.set()


class Handler(BaseHTTPRequestHandler):
    """The Runtime API's four operations."""

    protocol_version = "HTTP/1.1"
    api: RuntimeApi

    def do_GET(self) -> None:
        assert self.path == f"{VERSION}/invocation/next"
        invocation = self.api.next()
        if invocation is None:
            self.close_connection = True
            return
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.id,
            "Lambda-Runtime-Deadline-Ms": str(int(invocation.deadline * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": FUNCTION_ARN,
            "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0",
        }
        self._answer(200, json.dumps(invocation.event).encode(), headers)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.api.take(self.path, json.loads(body))
        self._answer(202, b'{"status": "OK"}', {})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        standard = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        for name, value in (standard | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the tests print what matters."""


@contextmanager
def runtime_api() -> Iterator[RuntimeApi]:
    """A Runtime API on a free port of loopback while the context is open."""

    class BoundHandler(Handler):
        pass

    with ThreadingHTTPServer(("127.0.0.1", 0), BoundHandler) as server:
        server.daemon_threads = True
        BoundHandler.api = api = RuntimeApi(server)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield api
        finally:
            api.close()
            server.shutdown()
            thread.join()
