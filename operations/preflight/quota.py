"""Whether the account may run as many tasks as the stage asks for."""

from collections.abc import Iterator
from typing import Final

from operations.preflight.finding import Finding, Mark, Subject

# "Fargate On-Demand vCPU resource count". The number of the account, for all its tasks together.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html
QUOTA: Final = {"ServiceCode": "fargate", "QuotaCode": "L-3032A538"}


def check_fargate_quota(subject: Subject) -> Iterator[Finding]:
    """All tasks at the maximum, and twice as many while a rollout replaces them."""
    task, scaling = subject.stage.settings.task, subject.stage.settings.scaling
    steady = scaling.max_tasks * task.cpu / 1024
    allowed = _quota(subject)
    if allowed is None:
        yield Finding(
            Mark.UNKNOWN,
            "Service Quotas does not name it in this region",
            "look it up in the console",
        )
        return
    tasks = f"{scaling.max_tasks} tasks take {steady:g} vCPUs, {2 * steady:g} in a rollout"
    found = f"{allowed:g} vCPUs for the whole account; {tasks}"
    ask = (
        f"ask Service Quotas for {2 * steady:g} ({QUOTA['QuotaCode']}), or lower scaling.max_tasks"
    )
    if allowed < steady:
        yield Finding(Mark.FAILED, found, ask)
    elif allowed < 2 * steady:
        yield Finding(Mark.NOTE, found, f"{ask}; until then a rollout at full load waits for room")
    else:
        yield Finding(Mark.OK, found)


def _quota(subject: Subject) -> float | None:
    """The account's own value, or AWS's default where it never had one of its own."""
    absent = ("NoSuchResourceException",)
    for operation in ("GetServiceQuota", "GetAWSDefaultServiceQuota"):
        answer = subject.account.ask("service-quotas", operation, absent=absent, **QUOTA)
        if answer is not None:
            return float(answer["Quota"]["Value"])
    return None
