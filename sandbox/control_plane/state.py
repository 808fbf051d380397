"""What the control plane knows besides moto; kept with moto's own, so that one reset ends both."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.ecs.models import EC2ContainerServiceBackend, Service, ecs_backends

from ..processes import start_time
from .report import Runner, TargetReport

news = threading.Condition()
"""Held while a report is taken in; notified after."""


@dataclass
class Known:
    """Of one account in one region."""

    runner: Runner | None = None
    targets: dict[str, list[TargetReport]] = field(default_factory=dict)

    @property
    def runner_runs(self) -> bool:
        """Without one nothing finishes a rollout; one that is silent may only be slow."""
        if self.runner is None:
            return False
        started = start_time(self.runner["pid"])
        return started is not None and started == self.runner["started"]


def backend_of(account: str, region: str) -> EC2ContainerServiceBackend:
    backend: EC2ContainerServiceBackend = ecs_backends[account][region]
    return backend


def known(backend: EC2ContainerServiceBackend) -> Known:
    found: Any = backend.__dict__.setdefault("sandbox", Known())
    assert isinstance(found, Known)
    return found


def find_service(account: str, region: str, arn: str) -> Service:
    for service in backend_of(account, region).services.values():
        if service.arn == arn:
            return service
    raise ValidationError(message=f"ECS has no service {arn}")
