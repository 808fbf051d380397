"""Whether a deploy sends requests to a target group in which no task is."""

from collections.abc import Iterator
from typing import Any, Final

from operations.preflight.finding import Finding, Mark, Subject
from operations.stacks import deployed_template, physical_id
from operations.stage import Template

SERVICE: Final = "AWS::ECS::Service"
# Where CloudFormation makes a listener, or a load balancer, anew, and with it the rules.
KEPT_BY: Final = ("LoadBalancerArn", "Scheme", "Type")


def check_fleets(subject: Subject) -> Iterator[Finding]:
    """The rule that divides requests stays as it is, or the first of its groups serves.

    CloudFormation writes the template's weights with any change of the rule: all to the first one.
    https://github.com/aws/aws-cdk/issues/36649
    https://github.com/aws/containers-roadmap/issues/2853
    """
    stack = next(item.stack for item in subject.stage.resources() if item.type == SERVICE)
    old, new = deployed_template(subject.account, stack), subject.stage.templates[stack]
    rule = _dividing(old) if old else None
    if old is None or rule is None or _only(new, SERVICE)[0] != _only(old, SERVICE)[0]:
        yield Finding(Mark.OK, "no second target group is deployed")
    elif _as_made(old, rule) == _as_made(new, rule):
        yield Finding(Mark.OK, "the rule that divides requests stays as it is")
    elif not _second_serves(subject, stack, old, rule):
        yield Finding(Mark.OK, "the rule that divides requests changes; the first group serves")
    elif _dividing(new) is None:
        yield Finding(
            Mark.FAILED,
            "the tasks are in the second target group, and the deploy takes it away: every request "
            "would get 503",
            "set rollout.second_target_group = true",
        )
    else:
        yield Finding(
            Mark.FAILED,
            "the tasks are in the second target group, and the deploy changes the rule that sends "
            "requests there, which sends all to the first: every request would get 503",
            "first deploy another image without that change, so that the first group serves again",
        )


def _only(template: Template, kind: str) -> tuple[str, dict[str, Any]]:
    """The one resource of a type, by its logical id."""
    ((logical_id, body),) = (
        item for item in template["Resources"].items() if item[1]["Type"] == kind
    )
    return logical_id, body


def _dividing(template: Template) -> str | None:
    """The logical id of the rule whose weights ECS moves."""
    for entry in _only(template, SERVICE)[1]["Properties"].get("LoadBalancers", ()):
        if rule := entry.get("AdvancedConfiguration", {}).get("ProductionListenerRule"):
            found: str = rule["Ref"]
            return found
    return None


def _as_made(template: Template, rule: str) -> list[Any]:
    """What the rule says, and what its listener and its load balancer cannot change in place."""
    properties = template["Resources"].get(rule, {}).get("Properties")
    made, listed = [properties], properties or {}
    for reference in ("ListenerArn", "LoadBalancerArn"):
        above = template["Resources"].get(listed.get(reference, {}).get("Ref"), {})
        listed = above.get("Properties", {})
        made.append({key: listed.get(key) for key in KEPT_BY})
    return made


def _second_serves(subject: Subject, stack: str, old: Template, rule: str) -> bool:
    """Whether any request goes to another group than the first."""
    groups = old["Resources"][rule]["Properties"]["Actions"][0]["ForwardConfig"]["TargetGroups"]
    first = physical_id(subject.account, stack, groups[0]["TargetGroupArn"]["Ref"])
    arn = physical_id(subject.account, stack, rule)
    answer = subject.account.ask("elbv2", "DescribeRules", absent=("RuleNotFound",), RuleArns=[arn])
    return any(
        group.get("Weight", 1) > 0 and group["TargetGroupArn"] != first
        for found in (answer or {}).get("Rules", ())
        for action in found["Actions"]
        for group in action.get("ForwardConfig", {}).get("TargetGroups", ())
    )
