"""ECS's operations on services and their deployments, as far as moto lacks or shortens them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import camelcase_to_underscores
from moto.ecs.exceptions import ECSException
from moto.ecs.models import EC2ContainerServiceBackend as Backend
from moto.ecs.models import Service
from moto.ecs.responses import EC2ContainerServiceResponse as Response

from . import deployments, history
from .refusals import refuse_loose_targets, refuse_second
from .state import news

STOPPABLE = ("PENDING", "IN_PROGRESS")
STOPPED_BY_USER = "Service deployment stopped: a rollback was requested."

_create_of_moto = Response.create_service
_update_of_moto = Backend.update_service


class ServiceDeploymentNotFound(ECSException):
    def __init__(self, arn: str) -> None:
        super().__init__("ServiceDeploymentNotFoundException", f"There is no {arn}.")


class Conflict(ECSException):
    def __init__(self, message: str) -> None:
        super().__init__("ConflictException", message)


def create_service(self: Response) -> ActionResult:
    """moto stores only some of what is asked for."""
    cluster, name = self._get_param("cluster", "default"), self._get_param("serviceName")
    refuse_second(self.ecs_backend, cluster, name)
    refuse_loose_targets(self.ecs_backend, self._get_param("loadBalancers") or [])
    answer: ActionResult = _create_of_moto(self)
    service: Any = answer.result["service"]  # type: ignore[index]
    for name, value in self._get_params().items():
        attribute = camelcase_to_underscores(name)
        if value is not None and attribute not in ("cluster", "task_definition", "role"):
            setattr(service, attribute, value)
    if service.deployment_controller["type"] == "ECS":
        deployments.start_deployment(service)
    return answer


def update_service(self: Backend, properties: dict[str, Any]) -> Service:
    """moto changes the settings, and no deployment."""
    force = bool(properties.pop("force_new_deployment", False))
    refuse_loose_targets(self, properties.get("load_balancers") or [])
    service: Service = _update_of_moto(self, properties)
    if service.deployment_controller["type"] == "ECS":
        with news:
            deployments.start_deployment(service, force=force)
    return service


def list_service_deployments(self: Response) -> ActionResult:
    """Newest first, of a service, by status or time."""
    cluster, name = self._get_param("cluster", "default"), self._get_param("service")
    service = self.ecs_backend._get_service(cluster, name)
    wanted = self._get_param("status") or []
    times = self._get_param("createdAt") or {}
    found = [
        record | {"targetServiceRevisionArn": record["targetServiceRevision"]["arn"]}
        for record in history.records(service)
        if (not wanted or record["status"] in wanted) and _within(record["createdAt"], times)
    ]
    return ActionResult({"serviceDeployments": found})


def _within(moment: datetime, times: dict[str, Any]) -> bool:
    seconds = moment.timestamp()
    before, after = (_seconds(times.get(name)) for name in ("before", "after"))
    return (before is None or seconds < before) and (after is None or seconds > after)


def _seconds(value: Any) -> float | None:
    if value is None:
        return None
    return value.timestamp() if isinstance(value, datetime) else float(value)


def describe_service_deployments(self: Response) -> ActionResult:
    known = {item["serviceDeploymentArn"]: item for item in _records(self.ecs_backend)}
    return _described(known, self._get_param("serviceDeploymentArns"), "serviceDeployments")


def describe_service_revisions(self: Response) -> ActionResult:
    known = {
        item["serviceRevisionArn"]: item
        for service in self.ecs_backend.services.values()
        for item in history.revisions(service).values()
    }
    return _described(known, self._get_param("serviceRevisionArns"), "serviceRevisions")


def _described(known: dict[str, Any], arns: list[str], name: str) -> ActionResult:
    failures = [{"arn": arn, "reason": "MISSING"} for arn in arns if arn not in known]
    return ActionResult({name: [known[arn] for arn in arns if arn in known], "failures": failures})


def _records(backend: Backend) -> list[history.Record]:
    return [item for service in backend.services.values() for item in history.records(service)]


def stop_service_deployment(self: Response) -> ActionResult:
    """Go back to the last completed deployment; stopping without that is not offered by ECS."""
    arn = self._get_param("serviceDeploymentArn")
    if self._get_param("stopType", "ROLLBACK") != "ROLLBACK":
        raise Conflict("The only stopType is ROLLBACK.")
    with news:
        for service in self.ecs_backend.services.values():
            for record in history.records(service):
                if record["serviceDeploymentArn"] == arn:
                    _stop(service, record)
                    news.notify_all()
                    return ActionResult({"serviceDeploymentArn": arn})
    raise ServiceDeploymentNotFound(arn)


def _stop(service: Service, record: history.Record) -> None:
    """docs.aws.amazon.com/AmazonECS/latest/developerguide/stop-service-deployment.html"""
    status = record["status"]
    if status in ("ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"):
        return
    if status not in STOPPABLE:
        raise Conflict(f"The service deployment is not in progress: it is {status}.")
    record["status"] = "ROLLBACK_REQUESTED"
    if not deployments.roll_back(service, STOPPED_BY_USER):
        history.fail(service, "There is no completed deployment to go back to.")


def install() -> None:
    """Set them in moto's classes, which find operations by their names."""
    Backend.update_service = update_service  # type: ignore[method-assign,assignment]
    for operation in (
        create_service,
        list_service_deployments,
        describe_service_deployments,
        describe_service_revisions,
        stop_service_deployment,
    ):
        setattr(Response, operation.__name__, operation)
