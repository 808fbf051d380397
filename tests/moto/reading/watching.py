"""AWS::CloudWatch, AWS::SNS, AWS::Budgets and AWS::IAM."""

from __future__ import annotations

from .resource import Deployed, Description, Reader


def _alarm(resource: Deployed) -> Description:
    answer = resource.ask("cloudwatch", "describe_alarms", AlarmNames=[resource.id])
    (found,) = answer["MetricAlarms"]
    tags = resource.ask("cloudwatch", "list_tags_for_resource", ResourceARN=found["AlarmArn"])
    return {**found, "Tags": tags["Tags"]}


def _dashboard(resource: Deployed) -> Description:
    found = resource.ask("cloudwatch", "get_dashboard", DashboardName=resource.id)
    tags = resource.ask("cloudwatch", "list_tags_for_resource", ResourceARN=found["DashboardArn"])
    return {**found, "Tags": tags["Tags"]}


def _topic(resource: Deployed) -> Description:
    found = resource.ask("sns", "get_topic_attributes", TopicArn=resource.id)["Attributes"]
    tags = resource.ask("sns", "list_tags_for_resource", ResourceArn=resource.id)["Tags"]
    return {**found, "TopicName": resource.id.rpartition(":")[2], "Tags": tags}


def _subscription(resource: Deployed) -> Description:
    answer = resource.ask("sns", "get_subscription_attributes", SubscriptionArn=resource.id)
    return dict(answer["Attributes"])


def _topic_policy(resource: Deployed) -> Description:
    topics = resource.properties["Topics"]
    policies = [
        resource.ask("sns", "get_topic_attributes", TopicArn=topic)["Attributes"]["Policy"]
        for topic in topics
    ]
    assert len(set(policies)) == 1
    return {"Topics": topics, "PolicyDocument": policies[0]}


def _budget(resource: Deployed) -> Description:
    where = {"AccountId": resource.ask("sts", "get_caller_identity")["Account"]}
    where["BudgetName"] = resource.id
    budget = resource.ask("budgets", "describe_budget", **where)["Budget"]
    notifications = resource.ask("budgets", "describe_notifications_for_budget", **where)
    listed = []
    for notification in notifications["Notifications"]:
        subscribers = resource.ask(
            "budgets",
            "describe_subscribers_for_notification",
            **where,
            Notification=notification,
        )["Subscribers"]
        listed.append({"Notification": notification, "Subscribers": subscribers})
    arn = f"arn:aws:budgets::{where['AccountId']}:budget/{resource.id}"
    tags = resource.ask("budgets", "list_tags_for_resource", ResourceARN=arn)["ResourceTags"]
    return {"Budget": budget, "NotificationsWithSubscribers": listed, "Tags": tags}


def _role(resource: Deployed) -> Description:
    found = resource.ask("iam", "get_role", RoleName=resource.id)["Role"]
    boundary = found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    attached = resource.ask("iam", "list_attached_role_policies", RoleName=resource.id)
    arns = [item["PolicyArn"] for item in attached["AttachedPolicies"]]
    names = resource.ask("iam", "list_role_policies", RoleName=resource.id)["PolicyNames"]
    policies = [
        resource.ask("iam", "get_role_policy", RoleName=resource.id, PolicyName=name)
        for name in names
    ]
    return {
        **found,
        "PermissionsBoundary": boundary,
        "ManagedPolicyArns": arns,
        "Policies": policies,
    }


def _policy(resource: Deployed) -> Description:
    given = resource.properties
    documents = [
        resource.ask("iam", "get_role_policy", RoleName=role, PolicyName=given["PolicyName"])
        for role in given["Roles"]
    ]
    return {**documents[0], "Roles": [item["RoleName"] for item in documents]}


def _provider(resource: Deployed) -> Description:
    found = resource.ask(
        "iam", "get_open_id_connect_provider", OpenIDConnectProviderArn=resource.id
    )
    return {**found, "Url": f"https://{found['Url']}"}  # IAM leaves the scheme away


READERS = {
    "AWS::Budgets::Budget": Reader(_budget, names={"ResourceTags": "Tags"}),
    "AWS::CloudWatch::Alarm": Reader(_alarm),
    "AWS::CloudWatch::Dashboard": Reader(_dashboard),
    "AWS::IAM::OIDCProvider": Reader(_provider),
    "AWS::IAM::Policy": Reader(_policy),
    "AWS::IAM::Role": Reader(_role),
    "AWS::SNS::Subscription": Reader(_subscription),
    "AWS::SNS::Topic": Reader(_topic),
    "AWS::SNS::TopicPolicy": Reader(_topic_policy),
}
