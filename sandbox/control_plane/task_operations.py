"""ECS's operations on tasks, where moto's answer otherwise than ECS does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.models import EC2ContainerServiceBackend, Task
from moto.ecs.responses import EC2ContainerServiceResponse as Response

from .tasks import STOPPED_BY_USER, ReportedTask

_stop_of_moto = Response.stop_task

AnyTask = Task | ReportedTask


def list_tasks(self: Response) -> ActionResult:
    """Those that ECS wants to run, unless others are asked for; moto ignores the service."""
    wanted = self._get_param("desiredStatus", "RUNNING")
    tests: dict[str, Callable[[AnyTask, str], bool]] = {
        "serviceName": lambda task, name: task.group == f"service:{name.rpartition('/')[2]}",
        "family": lambda task, family: _family(task) == family,
        "startedBy": lambda task, who: task.started_by == who,
        "launchType": lambda task, kind: task.launch_type == kind,
        "containerInstance": lambda task, arn: arn in (task.container_instance_arn or ""),
    }
    chosen = {name: value for name in tests if (value := self._get_param(name))}
    arns = [
        task.task_arn
        for task in _tasks_in(self.ecs_backend, self._get_param("cluster", "default"))
        if task.desired_status == wanted
        and all(tests[name](task, value) for name, value in chosen.items())
    ]
    return ActionResult({"taskArns": arns})


def describe_tasks(self: Response) -> ActionResult:
    """The tasks, and which of those asked for there are not."""
    cluster, wanted = self._get_param("cluster", "default"), self._get_param("tasks", [])
    found = {
        task.task_arn.rpartition("/")[2]: task for task in _tasks_in(self.ecs_backend, cluster)
    }
    asked = {name.rpartition("/")[2]: name for name in wanted}
    self._exclude_from_response(TAGS)
    if "TAGS" in self._get_param("include", []):
        self._include_in_response(TAGS)
    tasks = [found[key] for key in asked if key in found]
    for task in tasks:
        task.advance()
    failures = [{"arn": asked[key], "reason": "MISSING"} for key in asked if key not in found]
    return ActionResult({"tasks": tasks, "failures": failures})


TAGS = "DescribeTasksResponse.tasks.Task.tags"


def stop_task(self: Response) -> ActionResult:
    """Ask the runner to end one of its tasks."""
    name = self._get_param("task").rpartition("/")[2]
    for task in _tasks_in(self.ecs_backend, self._get_param("cluster", "default")):
        if isinstance(task, ReportedTask) and task.id == name:
            task.ask_to_stop(self._get_param("reason") or STOPPED_BY_USER)
            return ActionResult({"task": task})
    answer: ActionResult = _stop_of_moto(self)
    return answer


def _tasks_in(backend: EC2ContainerServiceBackend, cluster: str) -> list[AnyTask]:
    name = backend._get_cluster(cluster).name
    return list(backend.tasks.get(name, {}).values())


def _family(task: Any) -> str:
    return str(task.task_definition_arn.rpartition("/")[2].partition(":")[0])


def install() -> None:
    """Set them in moto's response class, which finds operations by their names."""
    for operation in (list_tasks, describe_tasks, stop_task):
        setattr(Response, operation.__name__, operation)
