"""Three questions that are asked of a task, each with a path of its own."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import TypedDict

from service.health import Health
from service.rest.json_answers import json_response
from service.rest.operations import Endpoint, Operation

PREFIX = "/health/"
LIVE_PATH = "/health/live"  # the seam: the container's own check asks here
READY_PATH = "/health/ready"  # the seam: the load balancer asks here
STARTED_PATH = "/health/startup"


class State(TypedDict):
    status: str


class HealthRoutes:
    """Live: should it go on? Ready: should requests come here? Startup: is it through with loading?

    Load fails none of them, and only readiness depends on the engine once it has started.
    """

    def __init__(self, health: Health) -> None:
        self._health = health

    def operations(self) -> list[Operation]:
        return [
            question(LIVE_PATH, self.live, "Whether the process answers: if not, replace it."),
            question(READY_PATH, self.ready, "Whether requests should come here: if not, 503."),
            question(STARTED_PATH, self.started, "Whether it has been ready once: if not, 503."),
        ]

    async def live(self, request: Request) -> Response:
        """The process answers: while busy, while draining, while the engine restarts."""
        return answer("alive", good=True)

    async def ready(self, request: Request) -> Response:
        """Whether the load balancer should send requests here."""
        return answer(self._health.status, good=self._health.ready)

    async def started(self, request: Request) -> Response:
        """Whether it has been ready once; from then on it never fails."""
        started = self._health.started
        return answer("started" if started else self._health.status, good=started)


def question(path: str, endpoint: Endpoint, summary: str) -> Operation:
    return Operation(
        method="GET",
        path=path,
        endpoint=endpoint,
        summary=summary,
        answer=State,
        asks_for_key=False,
        also={503: "Not now; `status` says why."},
    )


def answer(status: str, *, good: bool) -> Response:
    return json_response({"status": status}, status=200 if good else 503)
