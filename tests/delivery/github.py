"""As much of GitHub's API as comments need, on loopback."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from delivery.post import AUTHOR, PAGE, PullRequest

COMMENTS = "/repos/o/r/issues/7/comments"
ONE_COMMENT = "/repos/o/r/issues/comments/"


class GitHub(ThreadingHTTPServer):
    """Keeps the comments of one pull request, number 7 of o/r."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.comments: list[dict[str, Any]] = []
        self.tokens: set[str | None] = set()

    def write(self, body: str, *, by: str = AUTHOR) -> dict[str, Any]:
        number = len(self.comments)
        comment = {"id": number, "user": {"login": by}, "body": body, "html_url": f"#{number}"}
        self.comments.append(comment)
        return comment

    @property
    def pull_request(self) -> PullRequest:
        return PullRequest(f"http://127.0.0.1:{self.server_port}", "o/r", 7, "token")


class Handler(BaseHTTPRequestHandler):
    """List, write, rewrite."""

    server: GitHub

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        assert path == COMMENTS
        page = int(dict(pair.split("=") for pair in query.split("&"))["page"])
        self._answer(self.server.comments[(page - 1) * PAGE : page * PAGE])

    def do_POST(self) -> None:
        assert self.path == COMMENTS
        self._answer(self.server.write(self._body()))

    def do_PATCH(self) -> None:
        assert self.path.startswith(ONE_COMMENT)
        comment = self.server.comments[int(self.path.removeprefix(ONE_COMMENT))]
        comment["body"] = self._body()
        self._answer(comment)

    def _body(self) -> str:
        content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        return str(content["body"])

    def _answer(self, content: object) -> None:
        self.server.tokens.add(self.headers["Authorization"])
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing on standard error."""
