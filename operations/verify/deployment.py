"""A deployed stage, as the checks see it."""

import http.client
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from operations.account import Account, CouldNotAsk
from operations.stacks import describe_stack, outputs, physical_ids, stack_name, stack_resources

HTTP_SECONDS: Final = 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What the endpoint answered."""

    status: int
    headers: Mapping[str, str]


class Deployment:
    """One stage in one account. It is read, and asked what costs next to nothing; never changed."""

    def __init__(self, account: Account, *, stage: str, url: str | None = None) -> None:
        self.account = account
        self.stage = stage
        self._url = url

    def ask(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """AWS's answer. Raises `CouldNotAsk`."""
        answer = self.account.ask(service, operation, **parameters)
        assert answer is not None
        return answer

    def stack(self, name: str = "inference") -> dict[str, Any]:
        """One stack's description. Raises `CouldNotAsk` where the stage is not deployed."""
        full = stack_name(self.stage, name)
        description = describe_stack(self.account, full)
        if description is None:
            raise CouldNotAsk(f"the stack {full} is not deployed")
        return description

    def output(self, key: str, *, stack: str = "inference") -> str:
        """An output of a stack."""
        return outputs(self.stack(stack))[key]

    def physical_ids(self, resource_type: str, *, stack: str = "inference") -> list[str]:
        """The ids of the stack's resources of one type."""
        name = self.stack(stack)["StackName"]
        return physical_ids(stack_resources(self.account, name), resource_type)

    @cached_property
    def service(self) -> dict[str, Any]:
        """The ECS service."""
        cluster, name = self.output("ClusterName"), self.output("ServiceName")
        answer = self.ask("ecs", "DescribeServices", cluster=cluster, services=[name])
        description: dict[str, Any] = answer["services"][0]
        return description

    def tasks(self) -> list[dict[str, Any]]:
        """The service's tasks that run, or are about to."""
        cluster, name = self.output("ClusterName"), self.output("ServiceName")
        arns = self.ask("ecs", "ListTasks", cluster=cluster, serviceName=name)["taskArns"]
        if not arns:
            return []
        tasks: list[dict[str, Any]]
        tasks = self.ask("ecs", "DescribeTasks", cluster=cluster, tasks=arns)["tasks"]
        return tasks

    @cached_property
    def url(self) -> str:
        """Where the endpoint is; an internal one has to be reached from here for HTTP checks."""
        return self._url or self.output("Url")

    def http(
        self, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request without credentials. Raises `CouldNotAsk` where nothing answers."""
        request = urllib.request.Request(  # noqa: S310 - the scheme is checked below
            f"{self.url}{path}", data=body, headers=dict(headers or {})
        )
        if request.type not in ("http", "https"):
            raise CouldNotAsk(f"{self.url} is no HTTP address")
        try:
            with urllib.request.urlopen(request, timeout=HTTP_SECONDS) as response:  # noqa: S310
                return Answer(response.status, dict(response.headers))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, dict(error.headers))
        except (OSError, http.client.HTTPException) as error:
            raise CouldNotAsk(
                f"{self.url} cannot be reached from here ({error}); run this inside the VPC"
            ) from error
