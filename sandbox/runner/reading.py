"""Reads through the AWS APIs what the deployed services ask for, as ECS's agent would be told."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.exceptions import ClientError

from ..services import active_services
from .descriptions import alarms, breaker, strategy, target_check, task_spec
from .launch import CannotStart
from .wanted import Alarms, Deployment, Route, Target, TaskSpec, WantedService

# The load balancer's own default where a template sets nothing.
DEFAULT_DEREGISTRATION_SECONDS = 300


class Reader:
    """Reads the services of all clusters; keeps what cannot change."""

    def __init__(self) -> None:
        self._ecs = boto3.client("ecs")
        self._elb = boto3.client("elbv2")
        self._scaling = boto3.client("application-autoscaling")
        self._secrets = boto3.client("secretsmanager")
        self._alarms = boto3.client("cloudwatch")
        self._ecr = boto3.client("ecr")
        self._specs: dict[str, TaskSpec] = {}

    def services(self) -> list[WantedService]:
        """Every active service, raised to its scalable target's minimum."""
        return [self._service(item) for item in active_services(self._ecs)]

    def spec(self, arn: str) -> TaskSpec:
        if arn not in self._specs:
            answer = self._ecs.describe_task_definition(taskDefinition=arn)
            self._specs[arn] = task_spec(dict(answer["taskDefinition"]))
        return self._specs[arn]

    def secret_values(self, spec: TaskSpec) -> dict[str, str]:
        """The container's secrets, read at task start only, as ECS does; raises CannotStart."""
        try:
            return {
                name: self._secrets.get_secret_value(SecretId=source)["SecretString"]
                for name, source in spec.secrets.items()
            }
        except ClientError as error:
            raise CannotStart(
                "ResourceInitializationError: unable to pull secrets or registry auth: execution "
                f"resource retrieval failed: {error}"
            ) from error

    def look_for_image(self, image: str) -> None:
        """Raise CannotStart where the image should be in ECR and is not."""
        registry, _, named = image.partition("/")
        repository, mark, which = named.partition("@" if "@" in named else ":")
        if ".dkr.ecr." not in registry:
            return  # another registry's, or a name for what a process runs
        wanted: Any = {"imageDigest" if mark == "@" else "imageTag": which}
        try:
            self._ecr.describe_images(repositoryName=repository, imageIds=[wanted])
        except ClientError as error:
            raise CannotStart(
                "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed "
                f"to resolve ref {image}: {image}: not found"
            ) from error

    def set_weights(self, rule: str, weights: dict[str, int]) -> None:
        """Divide the rule's traffic between target groups; what else it does stays."""
        actions = self._rule_actions(rule)
        for action in actions:
            if action["Type"] == "forward":
                groups = [{"TargetGroupArn": arn, "Weight": w} for arn, w in weights.items()]
                action.pop("TargetGroupArn", None)
                action["ForwardConfig"] = {
                    **action.get("ForwardConfig", {}),
                    "TargetGroups": groups,
                }
        self._elb.modify_rule(RuleArn=rule, Actions=actions)

    def _rule_actions(self, rule: str) -> list[Any]:
        return list(self._elb.describe_rules(RuleArns=[rule])["Rules"][0]["Actions"])

    def _service(self, item: dict[str, Any]) -> WantedService:
        rollout = item.get("deploymentConfiguration", {})
        deployments = [
            Deployment(d["id"], d["taskDefinition"], d["rolloutState"]) for d in item["deployments"]
        ]
        routes = tuple(self._route(entry) for entry in item.get("loadBalancers", []))
        watched = self._deployment_alarms(rollout, in_progress=deployments[0].in_progress)
        return WantedService(
            arn=item["serviceArn"],
            name=item["serviceName"],
            cluster=item["clusterArn"],
            desired=self._scale(item),
            primary=deployments[0],
            active=tuple(deployments[1:]),
            routes=routes,
            minimum_percent=rollout.get("minimumHealthyPercent", 100),
            maximum_percent=rollout.get("maximumPercent", 200),
            grace_seconds=item.get("healthCheckGracePeriodSeconds", 0),
            breaker=breaker(rollout),
            alarms=watched,
            strategy=strategy(rollout, watched),
            weights=self._weights(routes),
        )

    def _deployment_alarms(self, rollout: dict[str, Any], *, in_progress: bool) -> Alarms | None:
        names = rollout.get("alarms", {}).get("alarmNames", [])
        if not names or not in_progress:
            return alarms(rollout, [])
        answer = self._alarms.describe_alarms(
            AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        return alarms(
            rollout, [dict(a) for a in answer["MetricAlarms"] + answer["CompositeAlarms"]]
        )

    def _weights(self, routes: tuple[Route, ...]) -> dict[str, float]:
        found: dict[str, float] = {}
        for rule in {route.rule for route in routes if route.rule is not None}:
            for action in self._rule_actions(rule):
                for group in action.get("ForwardConfig", {}).get("TargetGroups", []):
                    found[group["TargetGroupArn"]] = float(group.get("Weight", 1))
        return found

    def _scale(self, item: dict[str, Any]) -> int:
        """Hold the desired count in the scalable target's bounds, as Auto Scaling does."""
        cluster = item["clusterArn"].rpartition("/")[2]
        resource = f"service/{cluster}/{item['serviceName']}"
        targets = self._scaling.describe_scalable_targets(
            ServiceNamespace="ecs", ResourceIds=[resource]
        )["ScalableTargets"]
        desired = int(item["desiredCount"])
        if not targets:
            return desired
        bounded = min(max(desired, targets[0]["MinCapacity"]), targets[0]["MaxCapacity"])
        if bounded != desired:
            names = {"cluster": item["clusterArn"], "service": item["serviceName"]}
            self._ecs.update_service(**names, desiredCount=bounded)
        return bounded

    def _route(self, entry: dict[str, Any]) -> Route:
        port, more = entry["containerPort"], entry.get("advancedConfiguration", {})
        other = more.get("alternateTargetGroupArn")
        return Route(
            target=self._target(entry["targetGroupArn"], port),
            alternate=self._target(other, port) if other else None,
            rule=more.get("productionListenerRule"),
        )

    def _target(self, arn: str, port: int) -> Target:
        group = self._elb.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"][0]
        listed = self._elb.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
        attributes = {item["Key"]: item["Value"] for item in listed}
        delay = attributes.get("deregistration_delay.timeout_seconds")
        return Target(
            arn=arn,
            container_port=port,
            check=target_check(dict(group)),
            deregistration_seconds=float(delay or DEFAULT_DEREGISTRATION_SECONDS),
        )
