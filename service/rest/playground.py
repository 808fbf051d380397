"""A page to chat with the model from, and what it shows of the load."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.admission import AdmissionGate
from service.errors import InsufficientScope, NotAuthenticated
from service.observation import current
from service.rest.callers import Callers, authorization
from service.rest.json_answers import json_response

PAGE = Path(__file__).with_name("playground.html")
# `/` does not pass an API Gateway, which sends on what is below its stage only.
PAGE_PATHS = ("/", "/playground")
LOAD_PATH = "/playground/load"


class Playground:
    """The page is for everyone, as it holds nothing; what it asks needs the key that everything
    needs."""

    def __init__(self, gate: AdmissionGate, callers: Callers, model_name: str) -> None:
        self._gate = gate
        self._callers = callers
        self._model_name = model_name
        self._page = PAGE.read_text(encoding="utf-8")
        self._headers = {
            "content-security-policy": content_security_policy(self._page),
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "cache-control": "no-cache",
        }

    def routes(self) -> list[Route]:
        pages = [Route(path, self.page) for path in PAGE_PATHS]
        return [*pages, Route(LOAD_PATH, self.load)]

    async def page(self, request: Request) -> Response:
        return Response(self._page, media_type="text/html", headers=self._headers)

    async def load(self, request: Request) -> Response:
        """Of this task alone; another may answer the next request. Others learn the model's name,
        because the page asks before there is a key. Who shows a wrong one learns that from the
        answer, and so is logged and counted as everywhere."""
        known = {"model": self._model_name}
        try:
            await self._callers.caller(request)
        except (NotAuthenticated, InsufficientScope) as refused:
            if authorization(request) is not None:
                current().failed(refused)
            return json_response(known)
        gate = self._gate
        load = {"running": gate.running, "waiting": gate.waiting, "slots": gate.slots}
        return json_response(known | load)


def content_security_policy(page: str) -> str:
    """Lets in the page's own style and script, by their hashes, and requests to its own origin.

    https://www.w3.org/TR/CSP3/#external-hash
    """
    style, script = (hash_source(page, tag) for tag in ("style", "script"))
    return (
        f"default-src 'none'; style-src {style}; script-src {script}; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def hash_source(page: str, tag: str) -> str:
    (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
    digest = hashlib.sha256(content.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
