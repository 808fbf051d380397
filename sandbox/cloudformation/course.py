"""What is told of a stack's update on its way, and to whom where nobody listens."""

from __future__ import annotations

from typing import Any, Protocol


class Events(Protocol):
    def __call__(self, name: str, resource: Any, kind: str, status: str, reason: str = "") -> None:
        """Record what happened to a resource."""


class RollbackFailed(Exception):
    """The old resources did not come back; the message is the reason."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


CANCELLED = "Resource update cancelled"
REPLACED = "Requested update requires the creation of a new physical resource; hence creating one."
"""What CloudFormation says of a replacement; the old resource goes in the clean-up."""


def ignore_event(name: str, resource: Any, kind: str, status: str, reason: str = "") -> None:
    pass


def tell_nobody(_: Exception) -> None:
    pass


def check_nothing() -> None:
    pass
