"""The events of a service, as DescribeServices lists them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from moto.core.utils import utcnow
from moto.ecs.models import Service

from .report import EventReport

KEPT = 100
"""docs.aws.amazon.com/AmazonECS, viewing service event messages: the 100 most recent."""


def take(service: Service, reports: list[EventReport]) -> None:
    """Take in those of the runner that are new."""
    old = {event["id"] for event in service.events}
    for item in reports:
        if item["id"] not in old:
            _insert(service, item["id"], datetime.fromtimestamp(item["created_at"], UTC), item)


def add(service: Service, text: str) -> None:
    """One of the control plane's own."""
    item = {"message": f"(service {service.name}) {text}"}
    _insert(service, str(uuid.uuid4()), utcnow(), item)


def _insert(service: Service, identity: str, moment: datetime, item: Any) -> None:
    """Newest first, as ECS lists them."""
    event = {"id": identity, "createdAt": moment, "message": item["message"]}
    service.events.insert(0, event)
    del service.events[KEPT:]
