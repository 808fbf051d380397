"""Whether the account may run as many tasks as the stage asks for."""

from collections.abc import Iterator
from typing import Final

from operations.capacity import tasks_by_provider
from operations.preflight.finding import Finding, Mark, Subject

# "Fargate On-Demand vCPU resource count" and "Fargate Spot vCPU resource count". Numbers of the
# account, for all its tasks together.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html
QUOTAS: Final = {"FARGATE": "L-3032A538", "FARGATE_SPOT": "L-36FBB829"}
KINDS: Final = {"FARGATE": "tasks", "FARGATE_SPOT": "tasks on Spot"}


def check_fargate_quota(subject: Subject) -> Iterator[Finding]:
    """All tasks at the maximum, and twice as many while a rollout replaces them."""
    most = subject.stage.settings.task_bounds.most
    for resource in subject.stage.resources():
        if resource.type == "AWS::ECS::Service":
            for provider, count in tasks_by_provider(resource, most).items():
                yield _room(subject, provider=provider, count=count)


def _room(subject: Subject, *, provider: str, count: int) -> Finding:
    """For this many tasks of a kind at the maximum."""
    steady = count * subject.stage.settings.task.cpu / 1024
    allowed = _quota(subject, QUOTAS[provider])
    if allowed is None:
        todo = f"look {QUOTAS[provider]} up in the console"
        return Finding(Mark.UNKNOWN, "Service Quotas does not name it in this region", todo)
    tasks = f"{count} {KINDS[provider]} take {steady:g} vCPUs, {2 * steady:g} in a rollout"
    found = f"{allowed:g} vCPUs for the whole account; {tasks}"
    ask = f"ask Service Quotas for {2 * steady:g} ({QUOTAS[provider]}), or lower scaling.max_tasks"
    if allowed < steady:
        return Finding(Mark.FAILED, found, ask)
    if allowed < 2 * steady:
        wait = f"{ask}; until then a rollout at full load waits for room"
        return Finding(Mark.NOTE, found, wait)
    return Finding(Mark.OK, found)


def _quota(subject: Subject, code: str) -> float | None:
    """The account's own value, or AWS's default where it never had one of its own."""
    absent = ("NoSuchResourceException",)
    quota = {"ServiceCode": "fargate", "QuotaCode": code}
    for operation in ("GetServiceQuota", "GetAWSDefaultServiceQuota"):
        answer = subject.account.ask("service-quotas", operation, absent=absent, **quota)
        if answer is not None:
            return float(answer["Quota"]["Value"])
    return None
