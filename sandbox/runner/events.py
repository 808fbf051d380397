"""A service's events, in the words of ECS's scheduler.

docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
"""

from __future__ import annotations

import time
import uuid
from collections import deque
from collections.abc import Sequence

from ..control_plane.report import EventReport

KEPT = 100


class Events:
    """What has happened to a service, the last hundred of it."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._events: deque[EventReport] = deque(maxlen=KEPT)

    def reports(self) -> list[EventReport]:
        return list(self._events)

    def started(self, tasks: Sequence[str]) -> None:
        self._note(f"has started {len(tasks)} tasks: {_listed(tasks)}.")

    def registered(self, count: int, target_group: str) -> None:
        self._note(f"registered {count} targets in (target-group {target_group})")

    def deregistered(self, count: int, target_group: str) -> None:
        self._note(f"deregistered {count} targets in (target-group {target_group})")

    def draining(self, count: int) -> None:
        self._note(f"has begun draining connections on {count} tasks.")

    def stopped(self, tasks: Sequence[str]) -> None:
        self._note(f"has stopped {len(tasks)} running tasks: {_listed(tasks)}.")

    def target_unhealthy(self, port: int, target_group: str, reason: str) -> None:
        self._note(
            f"(port {port}) is unhealthy in (target-group {target_group}) due to (reason {reason})"
        )

    def container_unhealthy(self, task: str) -> None:
        self._note(f"(task {task}) failed container health checks.")

    def impaired(self) -> None:
        self._note(
            "is unable to consistently start tasks successfully. For more information, see the "
            "Troubleshooting section of the Amazon ECS Developer Guide."
        )

    def failed(self, deployment: str, reason: str) -> None:
        self._note(f"(deployment {deployment}) deployment failed: {reason}.")

    def completed(self, deployment: str) -> None:
        self._note(f"(deployment {deployment}) deployment completed.")

    def steady(self) -> None:
        self._note("has reached a steady state.")

    def _note(self, text: str) -> None:
        message = f"(service {self._service}) {text}"
        event: EventReport = {
            "id": str(uuid.uuid4()),
            "created_at": time.time(),
            "message": message,
        }
        self._events.append(event)


def _listed(tasks: Sequence[str]) -> str:
    return " ".join(f"(task {task})" for task in tasks)
