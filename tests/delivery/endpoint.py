"""An endpoint on loopback that answers what a test tells it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-good"
MODELS = {"data": [{"id": "small"}]}
CHAT = {"choices": [{"message": {"content": "Hello."}}]}
REFUSED = (401, {"error": {"code": "invalid_api_key"}})

Answer = tuple[int, Any]
Asked = Callable[[str, bool], Answer]


def healthy(path: str, good_key: bool) -> Answer:
    if not good_key:
        return REFUSED
    return 200, (CHAT if path == "/v1/chat/completions" else MODELS)


@contextmanager
def endpoint(answer: Asked) -> Iterator[str]:
    """Its address; `answer` gets the path and whether the key is the good one."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, content = answer(self.path, self.headers["Authorization"] == f"Bearer {KEY}")
            body = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

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
