"""Where alarms and the budget are heard."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.encryption import named_key
from infra.names import PROJECT
from infra.settings import StageSettings


class Notifications(Construct):
    """A topic with the stage's subscribers, to which CloudWatch and AWS Budgets may publish.

    Without a KMS key, unless a stage names one: neither may use SNS's own, `alias/aws/sns`, whose
    policy nobody can change, and these sentences go out as plain e-mail anyway.
    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
    https://repost.aws/knowledge-center/cloudwatch-receive-sns-for-alarm-trigger
    """

    def __init__(self, scope: Construct, construct_id: str, *, settings: StageSettings) -> None:
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(
            self,
            "Topic",
            display_name=f"{PROJECT} {settings.name}",
            enforce_ssl=True,
            master_key=named_key(self, "Key", settings.encryption.topic_key_arn),
        )
        for email in settings.alarms.emails:
            self.topic.add_subscription(subscriptions.EmailSubscription(email))
        for webhook in settings.alarms.webhooks:
            self.topic.add_subscription(subscriptions.UrlSubscription(webhook))
        # A policy of one's own replaces the default one, which lets the whole account publish.
        for service in ("cloudwatch", "budgets"):
            self._let_publish(f"{service}.amazonaws.com")

    def _let_publish(self, service: str) -> None:
        """Where it acts for this account, so that nobody else has it write here."""
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(service)],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )
