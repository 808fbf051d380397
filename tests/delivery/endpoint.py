"""An endpoint on loopback that answers what a test tells it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-good"
GATEWAY_KEY = "gw-good"
MODELS = {"data": [{"id": "small"}]}
CHAT = {"choices": [{"message": {"content": "Hello."}}]}
STREAMED = "/v1/chat/completions (streamed)"
STREAM = b"""data: {"choices": [{"delta": {"content": "Hel"}}]}

data: {"choices": [{"delta": {"content": "lo."}}]}

data: [DONE]

"""
REFUSED = (401, {"error": {"code": "invalid_api_key"}})

Answer = tuple[int, Any]
Asked = Callable[[str, bool], Answer]


def healthy(path: str, good_key: bool) -> Answer:
    if not good_key:
        return REFUSED
    return 200, {"/v1/chat/completions": CHAT, STREAMED: STREAM}.get(path, MODELS)


@contextmanager
def endpoint(answer: Asked, *, behind_gateway: bool = False) -> Iterator[str]:
    """Its address; `answer` gets the path and whether the key is the good one.

    A request for a stream has the path `STREAMED`.

    An API Gateway before it refuses whoever shows none of its own keys, as AWS's does.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(self.path)

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.answer(STREAMED if asked.get("stream") else self.path)

        def answer(self, path: str) -> None:
            status, content = answer(path, self.headers["Authorization"] == f"Bearer {KEY}")
            if behind_gateway and self.headers["x-api-key"] != GATEWAY_KEY:
                status, content = 403, {"message": "Forbidden"}
            body = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing on standard error."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
