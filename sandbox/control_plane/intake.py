"""Takes in the runner's reports, and installs what answers from them."""

from __future__ import annotations

from moto.elbv2.models import ELBv2Backend

from . import deployments, events, service_operations, targets, task_logs, task_operations, tasks
from .report import Orders, Report
from .state import backend_of, known, news


def install() -> None:
    """Have moto answer from the reports."""
    ELBv2Backend.describe_target_health = (  # type: ignore[method-assign]
        targets.describe_target_health
    )
    task_operations.install()
    service_operations.install()


def accept(account: str, region: str, report: Report) -> Orders:
    """Write what the runner saw into moto's services, tasks, target groups and log groups."""
    backend = backend_of(account, region)
    services = {service.arn: service for service in backend.services.values()}
    with news:
        # First: who sees that a task has stopped finds what it wrote last.
        task_logs.accept(backend, report["tasks"])
        stop = tasks.accept(backend, report["tasks"])
        for seen in report["services"]:
            service = services.get(seen["service_arn"])
            if service is not None:  # it may have been deleted meanwhile
                deployments.write_deployments(service, seen["deployments"])
                events.take(service, seen.get("events", []))
            known(backend).targets.update(seen["targets"])
        known(backend).runner = report.get("runner")
        news.notify_all()
    return {"stop": stop}
