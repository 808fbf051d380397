"""What the stage may cost in a month."""

from typing import Final

from aws_cdk import aws_budgets as budgets
from constructs import Construct

from infra.components.notifications import Notifications
from infra.names import own_tags

# Of money spent early, so that there is a month left to act; of a forecast, all of it.
NOTICES: Final = (("ACTUAL", 80), ("FORECASTED", 100))


class MonthlyBudget(Construct):
    """Tells the subscribers; it stops nothing.

    AWS counts what carries the stage's tags, from the day on which somebody activates them as cost
    allocation tags. What cannot carry tags, such as traffic between zones, is not in it.
    https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/activating-tags.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: str,
        usd: int,
        notifications: Notifications,
    ) -> None:
        super().__init__(scope, construct_id)
        topic = budgets.CfnBudget.SubscriberProperty(
            subscription_type="SNS", address=notifications.topic.topic_arn
        )
        budget = budgets.CfnBudget(
            self,
            "Budget",
            budget=self._limit(stage, usd),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        comparison_operator="GREATER_THAN",
                        notification_type=kind,
                        threshold=percent,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=[topic],
                )
                for kind, percent in NOTICES
            ],
        )
        # AWS Budgets asks whether it may publish to a topic before it takes it as a subscriber.
        budget.node.add_dependency(notifications.topic)

    def _limit(self, stage: str, usd: int) -> budgets.CfnBudget.BudgetDataProperty:
        return budgets.CfnBudget.BudgetDataProperty(
            budget_type="COST",
            time_unit="MONTHLY",
            budget_limit=budgets.CfnBudget.SpendProperty(amount=usd, unit="USD"),
            # Both tags: another project's stage may have the same name. The older CostFilters has
            # no `and`, and does not go together with this.
            # https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_CreateBudget.html
            filter_expression=budgets.CfnBudget.ExpressionProperty(
                and_=[
                    budgets.CfnBudget.ExpressionProperty(
                        tags=budgets.CfnBudget.TagValuesProperty(key=key, values=[value])
                    )
                    for key, value in own_tags(stage).items()
                ]
            ),
            metrics=["UnblendedCost"],
        )
