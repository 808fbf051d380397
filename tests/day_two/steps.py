"""The walk: what a person changes in the stage's file, what that does, and why that is right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from delivery.changes import Effect

ADDED, CHANGED = Effect.ADDED, Effect.CHANGED
REPLACED, REMOVED = Effect.REPLACED, Effect.REMOVED

EVERYTHING: Final = "everything"
Names = frozenset[str] | str
Sections = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Step:
    """One deploy of the walk."""

    name: str
    why: str
    sections: Sections = field(default_factory=dict)
    """What is written into these sections of the file; None takes a section away."""
    image: str | None = None
    expected: Mapping[Effect, Names] = field(default_factory=dict)
    """The resources by what becomes of them; EVERYTHING: all that the templates have."""


def of(stack: str, *names: str) -> frozenset[str]:
    """Constructs of a stack."""
    return frozenset(f"{stack}/{name}" for name in names)


IMAGES: Final = ("registry.example.com/llm-on-ecs:1", "registry.example.com/llm-on-ecs:2")

# As prod.toml has it, with a certificate of the account and somebody who hears of alarms.
PROD_LIKE: Final[dict[str, Any]] = {
    "deletion_protection": True,
    "endpoint": {"public": True, "allowed_networks": ["0.0.0.0/0"]},
    "network": {"zones": 3, "nat_gateways": 3},
    "task": {"cpu": 4096, "memory_mib": 8192},
    "logs": {"retention_days": 90},
    "alarms": {"emails": ["ann@example.org"]},
}

ALARMS_OF_TARGETS: Final = (
    "RollbackAlarms/UnreadyTasks",
    "Watching/Alarms/MissingTasks",
    "Watching/Alarms/NoReadyTask",
    "Watching/Alarms/Saturation",
)

# What the walk does after the first deploy, in this order.
STEPS: Final = (
    Step(
        "a new image",
        why="A task definition is never changed: ECS keeps each as a revision, and the service "
        "rolls from one to the next.",
        image=IMAGES[1],
        expected={
            REPLACED: of("Inference", "Task/Definition"),
            CHANGED: of("Inference", "Service/Service/Service"),
        },
    ),
    Step(
        "larger tasks",
        why="The same: a task's size is in its definition.",
        sections={"task": {"cpu": 8192, "memory_mib": 16384}},
        expected={
            REPLACED: of("Inference", "Task/Definition"),
            CHANGED: of("Inference", "Service/Service/Service"),
        },
    ),
    Step(
        "room for a second fleet",
        why="gRPC goes, of which two fleets know nothing, and a second group of targets comes, "
        "with a role that moves requests. The rule that hid /metrics goes: AWS wants none that "
        "answers by itself beside them, and the service hides it. Scaling counts the fleet's "
        "total. "
        "The first group and the service stay, so nobody is cut.",
        sections={"endpoint": {"grpc": False}, "rollout": {"second_target_group": True}},
        expected={
            ADDED: of(
                "Inference",
                "LoadBalancer/SecondTargets/Divide",
                "LoadBalancer/SecondTargets/RestTargets",
                "LoadBalancer/SecondTargets/Role",
                "Scaling/FleetSlots/Policy",
            ),
            CHANGED: of("Inference", "Service/Service/Service", *ALARMS_OF_TARGETS),
            REMOVED: of(
                "Inference",
                "LoadBalancer/Listeners/Https/GrpcRule",
                "LoadBalancer/Listeners/Https/HideMetricsRule",
                "LoadBalancer/GrpcTargets",
                "LoadBalancer/SecurityGroup/to InferenceServiceSecurityGroup:50051",
                "Service/SecurityGroup/from InferenceLoadBalancerSecurityGroup:50051",
                "Service/Service/TaskCount/Target/SlotUtilization",
            ),
        },
    ),
    Step(
        "the rollout strategy",
        why="A service's deployment configuration is changed in place.",
        sections={"rollout": {"strategy": "canary"}},
        expected={CHANGED: of("Inference", "Service/Service/Service")},
    ),
    Step(
        "a schedule",
        why="Scheduled actions are part of the scalable target; the alarm follows the fewest tasks "
        "of the day.",
        sections={
            "schedules": {
                "evening": {"cron": "0 20 * * ? *", "min_tasks": 1},
                "morning": {"cron": "0 7 * * ? *"},
            }
        },
        expected={
            CHANGED: of(
                "Inference", "Service/Service/TaskCount/Target", "Watching/Alarms/MissingTasks"
            )
        },
    ),
    Step(
        "the firewall",
        why="It stands beside the load balancer, which it is tied to and does not change.",
        sections={"firewall": {"enabled": True}},
        expected={
            ADDED: of(
                "Inference",
                "Firewall/Acl",
                "Firewall/Association",
                "Firewall/Log",
                "Firewall/Logging",
            )
        },
    ),
)

PROTECTED: Final = Step(
    "destroy while it is protected",
    why="CloudFormation refuses it: nothing is touched.",
)
UNPROTECTED: Final = Step(
    "protection off",
    why="AWS deletes no load balancer that is protected, and the next steps do.",
    sections={"deletion_protection": False},
    expected={CHANGED: of("Inference", "LoadBalancer/Balancer")},
)

OF_THE_PLACE: Final = of(
    "Inference",
    "LoadBalancer/Balancer",
    "LoadBalancer/RestTargets",
    "LoadBalancer/SecondTargets/RestTargets",
    "Service/Service/Service",
)
MOVE: Final = Step(
    "into an existing VPC",
    why="A load balancer cannot leave its VPC, nor a target group or a security group. New ones "
    "are made, with a second service behind them, before the old ones go. Cluster, keys, logs and "
    "roles stay; so does the old network, until a person deletes its stack.",
    sections={"network": None},
    expected={
        ADDED: OF_THE_PLACE,
        CHANGED: of(
            "Inference",
            "LoadBalancer/SecondTargets/Role",
            "RollbackAlarms/ErrorRate",
            "Watching/Alarms/ErrorRate",
            *ALARMS_OF_TARGETS,
        ),
        REPLACED: of(
            "Inference",
            "Firewall/Association",
            "LoadBalancer/Listeners/Http",
            "LoadBalancer/Listeners/Https",
            "LoadBalancer/SecondTargets/Divide",
            "LoadBalancer/SecurityGroup",
            "LoadBalancer/SecurityGroup/to InferenceServiceSecurityGroup:8080",
            "Scaling/FleetSlots/Policy",
            "Service/SecurityGroup",
            "Service/SecurityGroup/from InferenceLoadBalancerSecurityGroup:8080",
            "Service/Service/TaskCount/Target",
        ),
        REMOVED: OF_THE_PLACE,
    },
)
FIRST: Final = Step(
    "the first deploy",
    why="There was nothing.",
    image=IMAGES[0],
    expected={ADDED: EVERYTHING},
)
AGAIN: Final = Step(
    "deploy again",
    why="What the stage had kept and has a name of its own (repository, the firewall's log group) "
    "is taken back into the stacks; the rest is made anew.",
    expected={ADDED: EVERYTHING},
)
OLD_NETWORK: Final = Step(
    "delete the old network",
    why="Nothing is in it any more. A person does it, as preflight says: what is peered with it is "
    "not the stage's to know.",
)
DESTROY: Final = Step(
    "destroy",
    why="All goes but what `retain_data` keeps: images, keys and logs.",
)
