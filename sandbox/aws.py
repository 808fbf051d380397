"""The sandbox's AWS: moto's server with our CloudFormation, and a door for the runner's reports."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterable
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from .cloudformation import stacks
from .control_plane import intake, report
from .state import ACCOUNT, REGION, use_sandbox

OUR_NAMES = ("localhost", "127.0.0.1")

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


def serve(port: int) -> None:
    """Serve until the process is stopped; everything is kept in memory."""
    use_sandbox(port)  # our resource classes call this very server
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"  # the bootstrap's roles attach some
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    stacks.install(in_background=True)
    make_server("127.0.0.1", port, application(), threaded=True).serve_forever()


def application() -> Callable[[Environ, StartResponse], Iterable[bytes]]:
    """moto's WSGI application behind our own door."""
    moto = DomainDispatcherApplication(create_backend_app)

    def route(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if from_a_web_page(environ):
            start_response("403 Forbidden", [])
            return [b"The sandbox answers programs on this machine only."]
        if environ.get("PATH_INFO") == report.PATH:
            return accept_reports(environ, start_response)
        answer: Iterable[bytes] = moto(environ, start_response)
        return answer

    return route


def from_a_web_page(environ: Environ) -> bool:
    """Whether a browser sends this for a page: with an origin, or under a name that is not ours.

    What is deployed here is run on this machine, so no page that is open may deploy.
    """
    host = environ.get("HTTP_HOST", "").rpartition(":")[0]
    return "HTTP_ORIGIN" in environ or host not in OUR_NAMES


def accept_reports(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Hand the runner's report to moto, and the runner what it is to do."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    orders = intake.accept(ACCOUNT, REGION, json.loads(body))
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(orders).encode()]
