"""The last lines that a task wrote, where its awslogs driver puts them."""

from __future__ import annotations

from typing import Any, Final

from delivery.deploying.deployed import DeployedStage

LINES: Final = 8
# Of these, which are read, what is no line for a person is left out.
READ: Final = 40
# An embedded metric (service/embedded_metrics.py): numbers for CloudWatch.
_METRIC: Final = '{"_aws"'
_WIDTH: Final = 300
"""Of one line: a log line may be a page."""


class TaskLogs:
    """Reads the ends of tasks' logs; what it needs of a revision it asks once."""

    def __init__(self, stage: DeployedStage) -> None:
        self._stage = stage
        self._places: dict[str, list[tuple[str, str]]] = {}

    def last_lines(self, task: str, definition: str) -> tuple[str, ...]:
        """Of the task with this id and revision; none where it has written nothing yet."""
        found: list[dict[str, Any]] = []
        for group, prefix in self.places(definition):
            answer = self._stage.account.ask(
                "logs",
                "GetLogEvents",
                absent=("ResourceNotFoundException",),
                logGroupName=group,
                logStreamName=f"{prefix}/{task}",
                limit=READ,
                startFromHead=False,
            )
            found += (answer or {"events": []})["events"]
        said = [event for event in found if not event["message"].startswith(_METRIC)]
        last = sorted(said, key=lambda event: event["timestamp"])[-LINES:]
        return tuple(event["message"].rstrip()[:_WIDTH] for event in last)

    def places(self, definition: str) -> list[tuple[str, str]]:
        """Log group and prefix of the streams of each container that logs to CloudWatch.

        The stream is `prefix/container/task`:
        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specify-log-config.html
        """
        if definition not in self._places:
            containers = self._stage.task_definition(definition)["containerDefinitions"]
            self._places[definition] = [
                (options["awslogs-group"], f"{options['awslogs-stream-prefix']}/{item['name']}")
                for item in containers
                if (log := item.get("logConfiguration", {})).get("logDriver") == "awslogs"
                and "awslogs-stream-prefix" in (options := log["options"])
            ]
        return self._places[definition]
