"""What blue/green, linear and canary rollouts need of the load balancer."""

import math
from collections.abc import Iterator
from typing import Final

from infra.reading.balancing import actions, forwards, routes, target_group
from infra.reading.node import Node
from infra.reading.rule import Finding, Rule
from infra.reading.services import attachments, rollout, services, shifts_traffic
from infra.reading.stack import Resource, Stack

RESOURCES: Final = (
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/alb-resources-for-blue-green.html"
)
LONGEST_MINUTES: Final = 33 * 60


def _shifting(stack: Stack) -> list[Resource]:
    return [service for service in services(stack) if shifts_traffic(service)]


class BakeTime(Rule):
    """How long the old version is kept."""

    id = "E9580"
    shortdesc = "A rollout that shifts traffic says its bake time, of 33 hours at most in all"
    description = (
        "ECS wants a bake time of a blue/green rollout, and CloudFormation refuses a plan beyond "
        "33 hours, because its own operations end after 36."
    )
    source_url = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ecs-service-linearconfiguration.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for service in _shifting(stack):
            configuration = service["DeploymentConfiguration"]
            place = configuration["BakeTimeInMinutes"]
            if not place.exists:
                wrong = f"a rollout {rollout(service)} says how long it keeps the old version"
                yield Finding(place, wrong, None, "set BakeTimeInMinutes, to 5 for example")
            minutes = self._minutes(configuration)
            if minutes is not None and minutes > LONGEST_MINUTES:
                wrong = f"a rollout lasts {LONGEST_MINUTES} minutes at most"
                yield Finding(configuration, wrong, minutes, "shorten its bake times")

    @staticmethod
    def _minutes(configuration: Node) -> float | None:
        """The planned minutes, by CloudFormation's formulas."""
        kind, bake = configuration["Strategy"].text(), configuration["BakeTimeInMinutes"].number()
        canary, linear = configuration["CanaryConfiguration"], configuration["LinearConfiguration"]
        if kind == "CANARY":
            more = canary["CanaryBakeTimeInMinutes"].number(absent=10)
        elif kind == "LINEAR":
            step = linear["StepBakeTimeInMinutes"].number(absent=6)
            percent = linear["StepPercent"].number(absent=10)
            more = None if not percent or step is None else step * (math.ceil(100 / percent) - 1)
        else:
            more = 0
        return None if bake is None or more is None else bake + more


class GreenTarget(Rule):
    """The target group of the new version."""

    id = "E9581"
    shortdesc = "Both target groups of a rollout hang on its listener rule from the start"
    description = "ECS shifts traffic by the weights of one rule, which must forward to both."
    source_url = RESOURCES

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for service in _shifting(stack):
            for entry in attachments(service):
                advanced = entry["AdvancedConfiguration"]
                rule = advanced["ProductionListenerRule"].resource()
                for node in (entry["TargetGroupArn"], advanced["AlternateTargetGroupArn"]):
                    group = target_group(node)
                    if group is not None and not self._forwards(stack, rule, group):
                        where = "the production rule" if rule else "any listener rule"
                        wrong = f"a target group of the rollout does not hang on {where}"
                        remedy = "forward to both groups there, weighted 100 and 0"
                        yield Finding(node, wrong, group.logical_id, remedy)

    @staticmethod
    def _forwards(stack: Stack, rule: Resource | None, group: Resource) -> bool:
        if rule is not None:
            named = [node.resource() for node in forwards(rule)]
            return group in named or None in named
        return bool(routes(stack, group)) or stack.is_shared(group)


class ShiftIncomplete(Rule):
    """What ECS must be told to shift traffic."""

    id = "E9582"
    shortdesc = "A rollout that shifts traffic names the other target group, the rule and the role"
    description = "ECS refuses the service, or cannot change the rule's weights."
    source_url = (
        "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AdvancedConfiguration.html"
    )

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for service in _shifting(stack):
            for entry in attachments(service):
                advanced = entry["AdvancedConfiguration"]
                keys = ("AlternateTargetGroupArn", "ProductionListenerRule", "RoleArn")
                missing = [key for key in keys if not advanced[key].exists]
                if missing:
                    wrong = f"a rollout {rollout(service)} needs more in AdvancedConfiguration"
                    got = f"no {', '.join(missing)}"
                    yield Finding(advanced, wrong, got, "add what is missing")


class TwoPairs(Rule):
    """Services that have several ways in."""

    id = "W9585"
    shortdesc = "A rollout that shifts traffic has one pair of target groups"
    description = (
        "AWS describes the shift of one pair; to shift several together is an open request."
    )
    source_url = "https://github.com/aws/containers-roadmap/issues/1396"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for service in _shifting(stack):
            pairs = [entry for entry in attachments(service) if entry["TargetGroupArn"].exists]
            if len(pairs) > 1:
                wrong = "a rollout that shifts traffic has several pairs of target groups"
                remedy = "keep one, or set the strategy to ROLLING"
                yield Finding(service["LoadBalancers"], wrong, len(pairs), remedy)


class TokenCheckUnderShift(Rule):
    """Token checks on the rule whose weights ECS changes."""

    id = "W9586"
    shortdesc = "The rule whose weights ECS shifts does nothing but forward"
    description = (
        "ECS documents its shift for rules that forward; with a token check it is doubtful."
    )
    source_url = RESOURCES

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for service in _shifting(stack):
            for entry in attachments(service):
                place = entry["AdvancedConfiguration"]["ProductionListenerRule"]
                rule = place.resource()
                kinds = [action["Type"].text() for action in actions(rule)] if rule else []
                if "jwt-validation" in kinds:
                    wrong = "the rule whose weights ECS shifts also checks tokens"
                    remedy = "check them in the service, or set the strategy to ROLLING"
                    yield Finding(place, wrong, "jwt-validation", remedy)
