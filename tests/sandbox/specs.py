"""Task specs and services for tests, as the AWS APIs describe them."""

from typing import Any

from sandbox.runner.descriptions import task_spec
from sandbox.runner.wanted import (
    Breaker,
    Deployment,
    Route,
    Target,
    TargetCheck,
    TaskSpec,
    WantedService,
)
from tests.sandbox.waiting import LONG_SECONDS

PORT = 8080


def check(**changes: Any) -> TargetCheck:
    values: dict[str, Any] = {
        "grpc": False,
        "path": "/health",
        "codes": "200",
        "interval_seconds": 0.1,
        "timeout_seconds": 30.0,
        "healthy_count": 2,
        "unhealthy_count": 2,
    }
    return TargetCheck(**{**values, **changes})


def target(**changes: Any) -> Target:
    values: dict[str, Any] = {
        "arn": "target-group",
        "container_port": PORT,
        "check": check(),
        "deregistration_seconds": 10.0,
    }
    return Target(**{**values, **changes})


def spec(revision: int = 1, **changes: Any) -> TaskSpec:
    """A described task definition; `environment` and other keys of the container may be given."""
    given = changes.pop("environment", {})
    environment = {"HOST": "0.0.0.0", "PORT": str(PORT), "VERSION": str(revision), **given}
    container = {
        "name": "main",
        "image": "image:1",
        "environment": [{"name": name, "value": value} for name, value in environment.items()],
        "portMappings": [{"containerPort": PORT}],
        "mountPoints": [],
        "stopTimeout": 5,
        **changes,
    }
    return task_spec(
        {
            "taskDefinitionArn": f"arn:task-definition/family:{revision}",
            "family": "family",
            "volumes": [{"name": "tmp"}],
            "containerDefinitions": [container],
            "cpu": "512",
            "memory": "1024",
        }
    )


def service(revision: int = 1, *, active: tuple[int, ...] = (), **changes: Any) -> WantedService:
    values: dict[str, Any] = {
        "arn": "arn:service",
        "name": "service",
        "cluster": "cluster",
        "desired": 2,
        "primary": deployment(revision),
        "active": tuple(deployment(old) for old in active),
        "routes": (Route(target()),),
        "minimum_percent": 100,
        "maximum_percent": 200,
        "breaker": Breaker(enabled=True, rollback=True),
        "grace_seconds": LONG_SECONDS,
    }
    return WantedService(**{**values, **changes})


def deployment(revision: int) -> Deployment:
    return Deployment(f"deployment-{revision}", f"arn:task-definition/family:{revision}")
