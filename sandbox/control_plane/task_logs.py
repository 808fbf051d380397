"""What tasks write, in CloudWatch Logs: where their awslogs driver would put it, and bounded."""

from __future__ import annotations

from typing import Any

from moto.ecs.models import EC2ContainerServiceBackend
from moto.logs.models import LogGroup, logs_backends

from .report import LogLine, TaskReport

KEPT_LINES = 1000
"""Of each task: a server that runs for days must not fill the memory."""
KEPT_STREAMS = 50
"""Of each log group; tasks that die in a row would make one after the other."""


def accept(backend: EC2ContainerServiceBackend, reports: list[TaskReport]) -> None:
    """Append the reports' lines to the tasks' streams."""
    for report in reports:
        lines = report.get("log")
        if lines:
            _append(backend, report, lines)


def _append(backend: EC2ContainerServiceBackend, report: TaskReport, lines: list[LogLine]) -> None:
    container = backend.describe_task_definition(report["task_definition"]).container_definitions[0]
    options = _awslogs(container)
    groups = logs_backends[backend.account_id][options.get("awslogs-region", backend.region_name)]
    group: LogGroup | None = groups.groups.get(options.get("awslogs-group", ""))
    if group is None:
        return
    prefix = options.get("awslogs-stream-prefix", "ecs")
    stream = f"{prefix}/{container['name']}/{report['id']}"
    if stream not in group.streams:
        group.create_log_stream(stream)
    group.put_log_events(stream, [dict(line) for line in lines])
    events = group.streams[stream].events
    del events[:-KEPT_LINES]
    for name in [name for name in group.streams if name.startswith(f"{prefix}/")][:-KEPT_STREAMS]:
        group.delete_log_stream(name)


def _awslogs(container: dict[str, Any]) -> dict[str, str]:
    configuration = container.get("logConfiguration", {})
    options: dict[str, str] = configuration.get("options", {})
    return options if configuration.get("logDriver") == "awslogs" else {}
