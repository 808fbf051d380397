"""Why a task stopped, in words: what ECS says of it, what is likely behind it, what to do.

The texts that are looked for are those of ECS, Fargate and the service's own log:
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from delivery.deploying.deployed import revision_of

# ECS's own doing: a rollout that replaces a task, scaling that needs it no more, a new placement.
# https://repost.aws/knowledge-center/ecs-task-stopped
_EXPECTED: Final = re.compile(r"Scaling activity initiated by|rebalanc", re.IGNORECASE)
_TARGET_GROUP: Final = re.compile(r"arn:[^\s()]*:targetgroup/([^/\s()]+)/[0-9a-f]+")
# Signals, as a shell counts them: 128 and the signal's number.
SIGKILL: Final = 137
SIGTERM: Final = 143
SIGSEGV: Final = 139
MORE_MEMORY: Final = "raise task.memory_mib, or lower engine.slots or engine.context_tokens"


def readable(text: str) -> str:
    """ECS's text with the names of target groups in place of their ARNs."""
    return _TARGET_GROUP.sub(r"\1", text)


@dataclass(frozen=True, slots=True)
class Stop:
    """What ECS knows of a task that stopped, or is about to."""

    task: str
    revision: str
    code: str
    reason: str
    containers: tuple[tuple[str, int | None, str], ...] = ()
    """Name, exit code and reason of each."""

    @property
    def expected(self) -> bool:
        """Whether it is how a rollout or scaling ends a task that did nothing wrong."""
        return bool(_EXPECTED.search(self.reason))

    @property
    def exit_codes(self) -> set[int]:
        """Of the containers that have ended."""
        return {code for _, code, _ in self.containers if code is not None}

    @property
    def told(self) -> str:
        """ECS's own words, with the exit codes."""
        said = [readable(self.reason) or self.code or "ECS gives no reason"]
        for name, code, reason in self.containers:
            if code is not None:
                said.append(f"{name} exited with {code}")
            if reason and reason not in self.reason:
                said.append(readable(reason))
        return "; ".join(said)


def stop_of(task: Mapping[str, Any]) -> Stop:
    """From what DescribeTasks answers."""
    containers = tuple(
        (item.get("name", ""), item.get("exitCode"), item.get("reason", ""))
        for item in task.get("containers", ())
    )
    return Stop(
        task=task["taskArn"].rpartition("/")[2],
        revision=revision_of(task["taskDefinitionArn"]),
        code=task.get("stopCode", ""),
        reason=task.get("stoppedReason", ""),
        containers=containers,
    )


@dataclass(frozen=True, slots=True)
class Cause:
    """What is likely behind a stop, and what to do about it."""

    likely: str
    todo: str


@dataclass(frozen=True, slots=True)
class _Sign:
    """A cause, and the words that give it away: in ECS's reason, or in the task's log."""

    words: str
    likely: str
    todo: str
    in_log: bool = False


_PULL: Final = "CannotPullContainerError"
_NO_ROUTE: Final = r"i/o timeout|dial tcp|context deadline|RequestError|request canceled|no route"
_REFUSED: Final = r"AccessDenied|not authorized|403|Forbidden|denied"
_ROUTE: Final = (
    "look whether the tasks' subnets have a NAT gateway that is available, or endpoints for "
    "ecr.api, ecr.dkr, s3, logs and secretsmanager, and whether their security group lets 443 out"
)

# In their order: the first whose words are there is told.
_SIGNS: Final = (
    _Sign(
        rf"{_PULL}.*(descriptor matching platform|no match(ing manifest)? for platform)",
        "the image is for another processor than the task definition names",
        "build it for that platform (docker build --platform), or change task.architecture",
    ),
    _Sign(
        rf"{_PULL}.*(not found|manifest unknown|does not exist|NotFound)",
        "the registry has no image of this name and tag",
        "look for the tag in the repository; deploy again, so that the image is built and pushed",
    ),
    _Sign(
        rf"{_PULL}.*(toomanyrequests|rate limit)",
        "a public registry gives this address no more images for now",
        "wait, or copy the image into your own ECR repository and name that",
    ),
    _Sign(
        rf"{_PULL}.*(no space left)",
        "the image is larger than the task's disk",
        "make the image smaller: Fargate gives 20 GiB unless the task definition asks for more",
    ),
    _Sign(rf"{_PULL}.*({_NO_ROUTE})", "the task has no way to the registry", _ROUTE),
    _Sign(
        rf"{_PULL}.*({_REFUSED})",
        "the registry refuses the task's execution role",
        "undo what was changed in the execution role or in the repository's policy",
    ),
    _Sign(_PULL, "the image cannot be pulled", "read the reason, and try to pull it yourself"),
    _Sign(
        rf"ResourceInitializationError.*(secret|registry auth|asm|ssm).*({_REFUSED})",
        "the execution role may not read a secret, or not fetch a token for ECR",
        "undo what was changed in the execution role, or in the policy of the secret or its key",
    ),
    _Sign(
        r"ResourceInitializationError.*(secret|registry auth|asm|ssm)",
        "the task has no way to Secrets Manager or ECR",
        _ROUTE,
    ),
    _Sign(
        r"ResourceInitializationError.*(log)",
        "the log group is not there, or the task has no way to CloudWatch Logs",
        f"look whether the log group exists; {_ROUTE}",
    ),
    _Sign(
        "ResourceInitializationError",
        "Fargate could not prepare the task: network, secrets, log or disk",
        "read the reason; it names what could not be had",
    ),
    _Sign(
        r"exec format error",
        "the image is for another processor than the task definition names",
        "build it for that platform (docker build --platform), or change task.architecture",
        in_log=True,
    ),
    _Sign(
        r"OutOfMemory",
        "the task needs more memory than it has",
        MORE_MEMORY,
    ),
    _Sign(
        r"CannotStartContainerError",
        "the container could not be started: its command, user or mounts",
        "read the reason; run the image on your machine",
    ),
    _Sign(
        r"Capacity is unavailable|RESOURCE:(FARGATE|ENI|CPU|MEMORY)",
        "Fargate has no room for such a task in these zones now",
        "wait, or deploy with another task.cpu",
    ),
    _Sign(
        r"InsufficientFreeAddresses|not enough free addresses",
        "the tasks' subnets have no free address",
        "free some, or deploy into a larger network",
    ),
    _Sign(
        r"Spot ?Interruption|was interrupted",
        "Fargate took Spot capacity back; ECS starts another task",
        "nothing, unless it goes on: then ask for more on-demand tasks",
    ),
    _Sign(
        r"address already in use",
        "two programs in the task want one port",
        "look at what the image starts besides the service",
        in_log=True,
    ),
    _Sign(
        r"keys not loaded: the document is not valid",
        "the secret with the API keys has an entry that is not valid",
        "mend it (the log line names the place), or make key-remove it",
        in_log=True,
    ),
    _Sign(
        r"keys not loaded",
        "the task cannot read its API keys, or the issuer's",
        "undo what was changed in the network, the task role or jwt.jwks_url",
        in_log=True,
    ),
    _Sign(
        r"failed to load model|engine did not become ready",
        "the engine cannot load the model: its file is not there, or nothing that it knows",
        "undo the change of the model; the engine's own lines say what it did not like",
        in_log=True,
    ),
    _Sign(
        r"engine ended; restarting",
        "the engine ends again and again",
        "its line has the exit code and what it said last; undo the last change of model or engine",
        in_log=True,
    ),
    _Sign(
        r"failed ELB health checks.*(timed out|Target\.Timeout)",
        "the load balancer gets no answer in time: the port is shut, or the task too busy",
        "look whether the load balancer's security group may reach the tasks, and at their CPU",
    ),
    _Sign(
        r"failed ELB health checks",
        "the task runs and does not become ready: what it waits for is in its log",
        "read its last lines; where they end in loading, the start takes longer than the grace "
        "period",
    ),
    _Sign(
        r"failed container health checks",
        "the service in the container does not answer its own liveness check",
        "read its last lines; where it is merely slow, give it more task.cpu",
    ),
)


def cause_of(stop: Stop, log: Sequence[str] = ()) -> Cause:
    """The likeliest cause; `log` has the task's last lines."""
    written = "\n".join(log)
    for sign in _SIGNS:
        where = f"{stop.told}\n{written}" if sign.in_log else stop.told
        if re.search(sign.words, where, re.IGNORECASE | re.DOTALL):
            return Cause(sign.likely, sign.todo)
    return _by_exit_code(stop)


def _by_exit_code(stop: Stop) -> Cause:
    codes = stop.exit_codes
    if SIGKILL in codes:
        return Cause(
            "it was killed (SIGKILL): out of memory, or not ended within its stop timeout",
            MORE_MEMORY,
        )
    if SIGSEGV in codes:
        return Cause(
            "it crashed (SIGSEGV): a library built for another processor, or a broken one",
            "undo the last change of the image; read its last lines",
        )
    if stop.code == "UserInitiated":
        return Cause("somebody stopped it", "ask who; ECS starts another one")
    if codes & {126, 127}:
        return Cause(
            "the image has no such command, or may not run it",
            "look at the image's entry point; run the image on your machine",
        )
    if codes - {0, SIGTERM}:
        return Cause("the program in it ended with an error", "read its last lines")
    if codes:
        return Cause(
            "the program in it ended by itself, which a server should not",
            "look at what the image starts; read its last lines",
        )
    return Cause("none that is known here", "read ECS's reason, and the task's last lines")
