"""The awslogs driver."""

from collections.abc import Iterator
from typing import Final

from infra.reading.node import Node
from infra.reading.permissions import lacks, role_of
from infra.reading.rule import Finding, Rule
from infra.reading.stack import Resource, Stack
from infra.reading.tasks import (
    containers,
    fargate_tasks,
    log_option,
    logs_to_cloudwatch,
    task_definitions,
)

REFERENCE: Final = (
    "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LogConfiguration.html"
)

CREATE: Final = "logs:CreateLogGroup"
WRITE: Final = ("logs:CreateLogStream", "logs:PutLogEvents")


def _logging(tasks: list[Resource]) -> Iterator[tuple[Resource, Node]]:
    """The containers that log to CloudWatch, and their tasks."""
    for task in tasks:
        for container in containers(task):
            if logs_to_cloudwatch(container):
                yield task, container


class LogPrefix(Rule):
    """The prefix of log streams."""

    id = "E9510"
    shortdesc = "awslogs on Fargate has a stream prefix"
    description = "ECS refuses a task definition for Fargate whose awslogs lacks the prefix."
    source_url = REFERENCE

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for _, container in _logging(fargate_tasks(stack)):
            options = container["LogConfiguration"]["Options"]
            if options.keys() and not options["awslogs-stream-prefix"].exists:
                wrong = "awslogs on Fargate needs awslogs-stream-prefix"
                remedy = "set it, to the service's name for example"
                yield Finding(options, wrong, None, remedy)


class LogBuffer(Rule):
    """What becomes of lines that CloudWatch does not take at once."""

    id = "W9511"
    shortdesc = "awslogs says how many lines it may lose"
    description = (
        "Since June 2025 awslogs is non-blocking unless told otherwise, and drops what does not "
        "fit its buffer."
    )
    source_url = REFERENCE

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for _, container in _logging(task_definitions(stack)):
            options, mode = container["LogConfiguration"]["Options"], log_option(container, "mode")
            dropping = mode.text(absent="non-blocking") == "non-blocking"
            if options.keys() and dropping and not options["max-buffer-size"].exists:
                wrong = "a non-blocking log drops lines that do not fit its buffer"
                remedy = "set max-buffer-size, to 25m for example, or mode to blocking"
                yield Finding(options, wrong, "the buffer's default", remedy)


class LogPermission(Rule):
    """What the log driver does in the name of the execution role."""

    id = "E9512"
    shortdesc = "The execution role may write the task's log"
    description = "Without the permission no task starts: ECS cannot set up the log."
    source_url = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for task, container in _logging(fargate_tasks(stack)):
            role = role_of(task["ExecutionRoleArn"])
            creates = log_option(container, "awslogs-create-group").flag()
            needed = [CREATE, *WRITE] if creates else WRITE
            missing = [action for action in needed if role and lacks(stack, role, action)]
            if missing and role:
                wrong = f"the execution role may not {', '.join(missing)}, which the log needs"
                remedy = "allow it, by AmazonECSTaskExecutionRolePolicy for example"
                if missing == [CREATE]:
                    remedy = "allow it, or make the group by the template, without "
                    remedy += "awslogs-create-group"
                place = container["LogConfiguration"]["LogDriver"]
                yield Finding(place, wrong, role.logical_id, remedy)
