"""What two fleets need: a second target group, and the rule that divides requests between both."""

from typing import Final

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.components.cloudformation import resource_of
from infra.components.listener_rules import DIVIDE, rewrite_paths
from infra.components.targets import TargetGroups

LOOKING: Final = (
    "DescribeListeners",
    "DescribeRules",
    "DescribeTargetGroups",
    "DescribeTargetHealth",
)


class SecondTargets(Construct):
    """One rule takes every request and divides it between both groups; ECS moves its weights.

    It comes before the listener's default action and before every other rule that hands requests
    to REST, for ECS moves this one alone. An update that touches it puts the weights back, and with
    them the requests (aws-cdk#36649), so nothing in it depends on a setting. But it is made anew
    with its listener, as where a stage gets a certificate: preflight looks which group serves then.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        groups: TargetGroups,
        listener: elbv2.ApplicationListener,
        first: elbv2.ApplicationTargetGroup,
    ) -> None:
        super().__init__(scope, construct_id)
        self.targets = groups.make_rest(self, "RestTargets")
        self._rule = self._divide(listener, first=first)
        # Without an API Gateway too, where no path begins so: a change of the endpoint's kind would
        # be one of the rule.
        rewrite_paths(self._rule)
        self.alternate = ecs.AlternateTarget(
            "Alternate",
            alternate_target_group=self.targets,
            production_listener=ecs.ListenerRuleConfiguration.application_listener_rule(self._rule),
            role=self._let_ecs_in(first),
        )

    def _divide(
        self, listener: elbv2.ApplicationListener, *, first: elbv2.ApplicationTargetGroup
    ) -> elbv2.ApplicationListenerRule:
        rule = elbv2.ApplicationListenerRule(
            self,
            "Divide",
            listener=listener,
            priority=DIVIDE,
            conditions=[elbv2.ListenerCondition.path_patterns(["/*"])],
            action=elbv2.ListenerAction.weighted_forward(
                [
                    elbv2.WeightedTargetGroup(target_group=first, weight=100),
                    elbv2.WeightedTargetGroup(target_group=self.targets, weight=0),
                ]
            ),
        )
        # A stage's tags change; the rule may not.
        resource_of(rule).add_property_deletion_override("Tags")
        return rule

    def _let_ecs_in(self, first: elbv2.ApplicationTargetGroup) -> iam.Role:
        """What AWS's own policy for this allows, for this stage's rule and groups alone.

        https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonECSInfrastructureRolePolicyForLoadBalancers.html
        """
        groups = [group.target_group_arn for group in (first, self.targets)]
        return iam.Role(
            self,
            "Role",
            description="What ECS does in a rollout: register tasks and move requests to them.",
            # Without aws:SourceAccount, unlike the tasks' roles: AWS's own trust policy for this
            # one has none, and if ECS does not send it, no rollout would move a request.
            # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AmazonECSInfrastructureRolePolicyForLoadBalancers.html
            assumed_by=iam.ServicePrincipal("ecs.amazonaws.com"),
            # In the role itself, which the service waits for.
            inline_policies={
                "Rollout": iam.PolicyDocument(
                    statements=[
                        # None of these takes a resource.
                        _allowing(*LOOKING, on=["*"]),
                        _allowing("RegisterTargets", "DeregisterTargets", on=groups),
                        _allowing("ModifyRule", on=[self._rule.listener_rule_arn]),
                    ]
                )
            },
        )


def _allowing(*actions: str, on: list[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        actions=[f"elasticloadbalancing:{action}" for action in actions], resources=on
    )
