"""A service and its tasks, as ECS describes them."""

from datetime import UTC, datetime
from typing import Any

from tests.delivery.deploying.account import FakeAccount

ARN = "arn:aws:ecs:us-east-1:123456789012"
SERVICE = f"{ARN}:service/cluster/service"
GROUP = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/rest/1"
SECOND = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/second/2"
RULE = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener-rule/app/lb/1/2/3"
WHEN = datetime(2026, 7, 1, 12, tzinfo=UTC)


def definition(revision: int) -> str:
    return f"{ARN}:task-definition/llm-on-ecs-dev-inference:{revision}"


def deployment(revision: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"ecs-svc/{revision}",
        "status": "PRIMARY",
        "taskDefinition": definition(revision),
        "desiredCount": 2,
        "runningCount": 2,
        "pendingCount": 0,
        "failedTasks": 0,
        "rolloutState": "COMPLETED",
    } | changes


def service(*deployments: dict[str, Any], **changes: Any) -> dict[str, Any]:
    listed = list(deployments or [deployment(1)])
    return {
        "serviceArn": SERVICE,
        "status": "ACTIVE",
        "taskDefinition": listed[0]["taskDefinition"],
        "desiredCount": listed[0]["desiredCount"],
        "deployments": listed,
        "loadBalancers": [{"targetGroupArn": GROUP}],
        "events": [],
    } | changes


def two_fleets(strategy: str = "CANARY", **configuration: Any) -> dict[str, Any]:
    """What a service that moves its requests from one target group to the other has besides."""
    entry = {
        "targetGroupArn": GROUP,
        "containerPort": 8080,
        "advancedConfiguration": {
            "alternateTargetGroupArn": SECOND,
            "productionListenerRule": RULE,
        },
    }
    return {
        "currentServiceDeployment": "deployment/1",
        "loadBalancers": [entry],
        "deploymentConfiguration": {
            "strategy": strategy,
            "bakeTimeInMinutes": 15,
            "canaryConfiguration": {"canaryPercent": 10, "canaryBakeTimeInMinutes": 5},
            "linearConfiguration": {"stepPercent": 30, "stepBakeTimeInMinutes": 5},
        }
        | configuration,
    }


def rule(first: int, second: int) -> dict[str, Any]:
    """The answer that has these weights of the two groups."""
    groups = [
        {"TargetGroupArn": GROUP, "Weight": first},
        {"TargetGroupArn": SECOND, "Weight": second},
    ]
    actions = [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]
    return {"Rules": [{"RuleArn": RULE, "Actions": actions}]}


def step(name: str, weight: float | None = None, status: str = "IN_PROGRESS") -> dict[str, Any]:
    """The answer that has a rollout at this step."""
    target = {} if weight is None else {"requestedProductionTrafficWeight": weight}
    deployment = {"status": status, "lifecycleStage": name, "targetServiceRevision": target}
    return {"serviceDeployments": [deployment]}


def message(identity: str, text: str) -> dict[str, Any]:
    return {"id": identity, "createdAt": WHEN, "message": text}


def task(name: str = "a" * 32, revision: int = 2, **changes: Any) -> dict[str, Any]:
    """A stopped one."""
    return {
        "taskArn": f"{ARN}:task/cluster/{name}",
        "taskDefinitionArn": definition(revision),
        "createdAt": WHEN,
        "stopCode": "EssentialContainerExited",
        "stoppedReason": "Essential container in task exited",
        "containers": [{"name": "service", "exitCode": 1}],
    } | changes


def log_configuration() -> dict[str, Any]:
    options = {"awslogs-group": "the-log", "awslogs-stream-prefix": "service"}
    return {"logDriver": "awslogs", "options": options}


def account(described: dict[str, Any], *stopped: dict[str, Any], **changes: Any) -> FakeAccount:
    """An account with this service, and these stopped tasks."""
    container = {"name": "service", "logConfiguration": log_configuration()}
    health = {"Target": {"Id": "10.0.0.1"}, "TargetHealth": {"State": "healthy"}}
    answers: dict[str, Any] = {
        "ListStackResources": [
            {"ResourceType": "AWS::ECS::Service", "PhysicalResourceId": SERVICE}
        ],
        "DescribeServices": {"services": [described]},
        "ListTasks": [item["taskArn"] for item in stopped],
        "DescribeTasks": lambda tasks, **_: {
            "tasks": [item for item in stopped if item["taskArn"] in tasks]
        },
        "DescribeTaskDefinition": {"taskDefinition": {"containerDefinitions": [container]}},
        "DescribeTargetHealth": {"TargetHealthDescriptions": [health, health]},
        "GetLogEvents": {"events": [{"timestamp": 1, "message": "the last line\n"}]},
    }
    return FakeAccount(**(answers | changes))
