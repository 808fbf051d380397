"""Who may take a task's roles on."""

from collections.abc import Iterator
from typing import Final

from infra.reading.permissions import distrusts, role_of
from infra.reading.rule import Finding, Rule
from infra.reading.stack import Stack
from infra.reading.tasks import task_definitions

PRINCIPAL: Final = "ecs-tasks.amazonaws.com"


class RoleTrust(Rule):
    """Roles that ECS cannot assume for a task."""

    id = "E9521"
    shortdesc = "The roles of a task trust ECS tasks"
    description = "No task starts: ECS cannot assume a role that does not trust its tasks."
    source_url = (
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html"
    )

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for task in task_definitions(stack):
            for key in ("ExecutionRoleArn", "TaskRoleArn"):
                role = role_of(task[key])
                if role is not None and distrusts(role, PRINCIPAL):
                    wrong = f"a role of the task does not trust {PRINCIPAL}"
                    remedy = f"let {PRINCIPAL} assume it"
                    yield Finding(task[key], wrong, role.logical_id, remedy)
