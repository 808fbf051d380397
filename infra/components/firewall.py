"""AWS WAF in front of the endpoint."""

from typing import Final

from aws_cdk import Aws
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from infra.components.firewall_rules import COUNTED
from infra.names import full_name
from infra.retention import make_log_group
from infra.settings import StageSettings

# The CDK writes whatever it is given as the action, so an empty object is what an action needs.
NOTHING: Final[dict[str, str]] = {}
# As CloudFormation writes it: the property is JSON to the CDK, which leaves its keys as they are.
REFUSED_ONLY: Final = {
    "DefaultBehavior": "DROP",
    "Filters": [
        {
            "Behavior": "KEEP",
            "Requirement": "MEETS_ANY",
            "Conditions": [{"ActionCondition": {"Action": "BLOCK"}}],
        }
    ],
}


class Firewall(Construct):
    """Refuses floods, bad addresses and known attacks, and no prompt; logs what it refuses.

    The rate comes first: it costs AWS WAF least, and a flood should not reach the other rules.
    """

    def __init__(self, scope: Construct, construct_id: str, *, settings: StageSettings) -> None:
        super().__init__(scope, construct_id)
        groups = [
            self._managed(name, counted, priority=10 * (index + 2))
            for index, (name, counted) in enumerate(COUNTED.items())
        ]
        self.acl = wafv2.CfnWebACL(
            self,
            "Acl",
            scope="REGIONAL",
            default_action=wafv2.CfnWebACL.DefaultActionProperty(allow=NOTHING),
            rules=[self._rate(settings.firewall.requests_per_5_minutes, priority=10), *groups],
            # By this name, and not by the ACL's own, CloudWatch tells stages apart.
            # https://docs.aws.amazon.com/waf/latest/developerguide/waf-metrics.html
            visibility_config=self._visible(full_name(settings.name)),
        )
        self._log(settings)

    def protect(self, resource_arn: str) -> None:
        """Put it in front of a load balancer or a stage of an API."""
        wafv2.CfnWebACLAssociation(
            self, "Association", resource_arn=resource_arn, web_acl_arn=self.acl.attr_arn
        )

    def _rate(self, limit: int, *, priority: int) -> wafv2.CfnWebACL.RuleProperty:
        return wafv2.CfnWebACL.RuleProperty(
            name="Rate",
            priority=priority,
            action=wafv2.CfnWebACL.RuleActionProperty(block=NOTHING),
            statement=wafv2.CfnWebACL.StatementProperty(
                rate_based_statement=wafv2.CfnWebACL.RateBasedStatementProperty(
                    aggregate_key_type="IP", evaluation_window_sec=300, limit=limit
                )
            ),
            visibility_config=self._visible("Rate"),
        )

    def _managed(
        self, name: str, counted: tuple[str, ...], *, priority: int
    ) -> wafv2.CfnWebACL.RuleProperty:
        count = wafv2.CfnWebACL.RuleActionProperty(count=NOTHING)
        overrides = [
            wafv2.CfnWebACL.RuleActionOverrideProperty(name=rule, action_to_use=count)
            for rule in counted
        ]
        group = wafv2.CfnWebACL.ManagedRuleGroupStatementProperty(
            vendor_name="AWS", name=name, rule_action_overrides=overrides or None
        )
        return wafv2.CfnWebACL.RuleProperty(
            name=name,
            priority=priority,
            override_action=wafv2.CfnWebACL.OverrideActionProperty(none=NOTHING),
            statement=wafv2.CfnWebACL.StatementProperty(managed_rule_group_statement=group),
            visibility_config=self._visible(name),
        )

    def _visible(self, metric: str) -> wafv2.CfnWebACL.VisibilityConfigProperty:
        """With a metric, and without samples, which would show requests with their headers."""
        return wafv2.CfnWebACL.VisibilityConfigProperty(
            cloud_watch_metrics_enabled=True, metric_name=metric, sampled_requests_enabled=False
        )

    def _log(self, settings: StageSettings) -> None:
        """Log what is refused, without credentials; what is counted has its metrics.

        AWS WAF wants the group's name to begin so, and makes the policy that lets it write.
        https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html
        """
        group = make_log_group(
            self, "Log", settings=settings, name=f"aws-waf-logs-{full_name(settings.name)}"
        )
        wafv2.CfnLoggingConfiguration(
            self,
            "Logging",
            resource_arn=self.acl.attr_arn,
            # The ARN without the `:*` that the group's own attribute ends with.
            log_destination_configs=[
                f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}"
                f":log-group:{group.log_group_name}"
            ],
            redacted_fields=[
                wafv2.CfnLoggingConfiguration.FieldToMatchProperty(single_header={"Name": header})
                for header in ("authorization", "cookie", "x-api-key")
            ],
            logging_filter=REFUSED_ONLY,
        )
