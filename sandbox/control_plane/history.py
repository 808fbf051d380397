"""The history of a service: its revisions, and the deployments that went from one to another."""

from __future__ import annotations

import secrets
from typing import Any

from moto.core.utils import utcnow
from moto.ecs.models import Service

from .report import DeploymentReport

KEPT = 50
"""Of each service. ECS keeps 90 days: docs.aws.amazon.com/AmazonECS, service deployments."""

IN_PROGRESS = ("PENDING", "IN_PROGRESS", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS")
DEPLOYMENT = "sandboxDeployment"
"""Where a record keeps the id of its deployment, and where it goes back to after a failure."""
ROLLED_BACK_TO = "sandboxRolledBackTo"

Record = dict[str, Any]


def records(service: Service) -> list[Record]:
    """The service deployments, newest first."""
    found: list[Record] = service.__dict__.setdefault("sandbox_history", [])
    return found


def revisions(service: Service) -> dict[str, Record]:
    """The service revisions by the id of the deployment that made them."""
    found: dict[str, Record] = service.__dict__.setdefault("sandbox_revisions", {})
    return found


def last_of(service: Service, deployment: str) -> Record:
    """The newest record of a deployment."""
    return next(item for item in records(service) if item[DEPLOYMENT] == deployment)


def begin(service: Service, deployment: dict[str, Any]) -> None:
    """A deployment has become the primary one."""
    now = utcnow()
    for record in records(service):
        if record["status"] in IN_PROGRESS:
            _finish(record, "STOPPED", "A newer deployment has taken its place.")
    sources = [item for item in service.deployments if item is not deployment]
    revisions(service).setdefault(deployment["id"], _revision(service, deployment))
    record = {
        DEPLOYMENT: deployment["id"],
        "serviceDeploymentArn": _arn(service, "service-deployment", secrets.token_urlsafe(16)),
        "serviceArn": service.arn,
        "clusterArn": service.cluster_arn,
        "createdAt": now,
        "startedAt": now,
        "updatedAt": now,
        "sourceServiceRevisions": [_summary(service, item) for item in sources],
        "targetServiceRevision": _summary(service, deployment),
        "status": "IN_PROGRESS",
        "statusReason": "",
        "deploymentConfiguration": getattr(service, "deployment_configuration", None),
    }
    records(service).insert(0, record)
    del records(service)[KEPT:]
    _tell(service)


def write(service: Service, reports: dict[str, DeploymentReport]) -> None:
    """Bring the records up to what the runner saw."""
    for record in records(service):
        if record["status"] in IN_PROGRESS:
            _write(service, record, reports)
    _tell(service)


def _write(service: Service, record: Record, reports: dict[str, DeploymentReport]) -> None:
    record["updatedAt"] = utcnow()
    by_id = {item["id"]: item for item in service.deployments}
    for side in (*record["sourceServiceRevisions"], record["targetServiceRevision"]):
        side |= _counts(by_id.get(side[DEPLOYMENT], {}), reports.get(side[DEPLOYMENT]))
    report = reports.get(str(record.get(ROLLED_BACK_TO, record[DEPLOYMENT])))
    if report is None:
        return
    if ROLLED_BACK_TO not in record:
        record |= _monitors(record, report)
    elif record["status"] == "ROLLBACK_REQUESTED":
        record["status"] = "ROLLBACK_IN_PROGRESS"
    if "stage" in report and _shifts_traffic(record):
        record["lifecycleStage"] = report["stage"]
    if report["state"] == "COMPLETED":
        _complete(record, report["reason"])


def _shifts_traffic(record: Record) -> bool:
    """Rolling updates have no lifecycle stages."""
    configuration = record["deploymentConfiguration"] or {}
    return str(configuration.get("strategy", "ROLLING")) != "ROLLING"


def _complete(record: Record, reason: str) -> None:
    if ROLLED_BACK_TO in record:
        _finish(record, "ROLLBACK_SUCCESSFUL", record["statusReason"])
    else:
        _finish(record, "SUCCESSFUL", reason)


def fail(service: Service, reason: str) -> None:
    """The newest deployment, or the rollback of it, has failed, and nothing else will come."""
    record = records(service)[0]
    if record["status"] in IN_PROGRESS:
        back = ROLLED_BACK_TO in record
        _finish(record, "ROLLBACK_FAILED" if back else "STOPPED", reason)


def roll_back(service: Service, failed: dict[str, Any], old: dict[str, Any], reason: str) -> None:
    """The newest deployment has failed, and the service goes back to `old`."""
    record = last_of(service, failed["id"])
    if record["status"] != "ROLLBACK_REQUESTED":
        record["status"] = "ROLLBACK_IN_PROGRESS"
    record |= {
        ROLLED_BACK_TO: old["id"],
        "statusReason": reason,
        "rollback": {
            "reason": reason,
            "startedAt": utcnow(),
            "serviceRevisionArn": revisions(service)[old["id"]]["serviceRevisionArn"],
        },
    }


def _finish(record: Record, status: str, reason: str) -> None:
    moment = "stoppedAt" if status == "STOPPED" else "finishedAt"
    record |= {"status": status, "statusReason": reason, moment: utcnow(), "updatedAt": utcnow()}


def _tell(service: Service) -> None:
    """What DescribeServices says of it."""
    service.current_service_deployment = records(service)[0]["serviceDeploymentArn"]  # type: ignore[attr-defined]
    service.current_service_revisions = [  # type: ignore[attr-defined]
        _summary(service, item) for item in service.deployments if item["id"] in revisions(service)
    ]


def _revision(service: Service, deployment: dict[str, Any]) -> Record:
    definition = service._backend.describe_task_definition(deployment["taskDefinition"])
    number = deployment["id"].rpartition("/")[2]
    return {
        "serviceRevisionArn": _arn(service, "service-revision", number),
        "serviceArn": service.arn,
        "clusterArn": service.cluster_arn,
        "taskDefinition": definition.arn,
        "capacityProviderStrategy": deployment["capacityProviderStrategy"],
        "launchType": deployment["launchType"],
        "loadBalancers": service.load_balancers,
        "networkConfiguration": deployment["networkConfiguration"],
        "containerImages": [
            {"containerName": item["name"], "image": item["image"]}
            for item in definition.container_definitions
        ],
        "monitoring": getattr(service, "monitoring", None),
        "createdAt": utcnow(),
    }


def _summary(service: Service, deployment: dict[str, Any]) -> Record:
    revision = revisions(service)[deployment["id"]]
    named = {DEPLOYMENT: deployment["id"], "arn": revision["serviceRevisionArn"]}
    return named | _counts(deployment, None)


def _counts(deployment: dict[str, Any], report: DeploymentReport | None) -> Record:
    counts = {
        "requestedTaskCount": deployment.get("desiredCount", 0),
        "runningTaskCount": deployment.get("runningCount", 0),
        "pendingTaskCount": deployment.get("pendingCount", 0),
    }
    weight = report.get("weight") if report is not None else None
    return counts if weight is None else {**counts, "requestedProductionTrafficWeight": weight}


def _monitors(record: Record, report: DeploymentReport) -> Record:
    """The state of what may stop a deployment: alarms and circuit breaker."""
    configuration = record["deploymentConfiguration"] or {}
    alarms = configuration.get("alarms", {})
    breaker = configuration.get("deploymentCircuitBreaker", {})
    triggered = report.get("triggered_alarms", [])
    over = "MONITORING_COMPLETE" if report["state"] == "COMPLETED" else "MONITORING"
    tripped = report.get("breaker_tripped", False)
    return {
        "alarms": {
            "status": _monitor(alarms, bool(triggered), over),
            "alarmNames": alarms.get("alarmNames", []),
            "triggeredAlarmNames": triggered,
        },
        "deploymentCircuitBreaker": {
            "status": _monitor(breaker, tripped, over),
            "failureCount": report["failed"],
            "threshold": report.get("breaker_threshold", 0),
        },
    }


def _monitor(configuration: dict[str, Any], triggered: bool, otherwise: str) -> str:
    if not configuration.get("enable"):
        return "DISABLED"
    return "TRIGGERED" if triggered else otherwise


def _arn(service: Service, kind: str, identity: str) -> str:
    return f"{service.arn.replace(':service/', f':{kind}/')}/{identity}"
