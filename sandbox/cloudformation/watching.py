"""AWS::SNS, AWS::CloudWatch::Dashboard and AWS::Budgets::Budget.

moto's CloudFormation lacks most of these, renames a dashboard with every update, and drops what
topics have beside their names.
"""

from __future__ import annotations

import json
from typing import ClassVar

from moto.core.common_models import CloudFormationModel

from .api import Properties
from .resource import ApiResource


class Topic(ApiResource, CloudFormationModel):
    """A topic with its display name and its key."""

    type_name: ClassVar[str] = "AWS::SNS::Topic"
    name_property: ClassVar[str] = "TopicName"
    returns: ClassVar[frozenset[str]] = frozenset({"TopicArn", "TopicName"})
    replaced_by: ClassVar[frozenset[str]] = frozenset({"FifoTopic", "TopicName"})
    ATTRIBUTES: ClassVar[tuple[str, ...]] = ("DisplayName", "KmsMasterKeyId")

    def create(self) -> None:
        chosen = {"Attributes": self.take(*self.ATTRIBUTES), **self.take("Tags")}
        self.take("TopicName")
        made = self.call("sns", "CreateTopic", {"Name": self.name, **chosen})
        self.physical_resource_id = made["TopicArn"]
        self.values = {"TopicArn": made["TopicArn"], "TopicName": self.name}

    def update(self, before: Properties) -> None:
        for name in self.ATTRIBUTES:
            if self.changed(before, name):
                value = {"AttributeName": name, "AttributeValue": self.properties.get(name, "")}
                self.call(
                    "sns", "SetTopicAttributes", {"TopicArn": self.physical_resource_id, **value}
                )

    def remove(self) -> None:
        self.call("sns", "DeleteTopic", {"TopicArn": self.physical_resource_id})


class Subscription(ApiResource, CloudFormationModel):
    """Who hears what is published to a topic; here nobody has to confirm."""

    type_name: ClassVar[str] = "AWS::SNS::Subscription"
    returns: ClassVar[frozenset[str]] = frozenset({"Arn"})
    replaced_by: ClassVar[frozenset[str]] = frozenset({"Endpoint", "Protocol", "TopicArn"})

    def create(self) -> None:
        chosen = self.take("Endpoint", "Protocol", "TopicArn")
        parameters = {**chosen, "ReturnSubscriptionArn": True}
        self.physical_resource_id = self.call("sns", "Subscribe", parameters)["SubscriptionArn"]
        self.values = {"Arn": self.physical_resource_id}

    def remove(self) -> None:
        self.call("sns", "Unsubscribe", {"SubscriptionArn": self.physical_resource_id})


class TopicPolicy(ApiResource, CloudFormationModel):
    """Who may publish to topics; without one a topic has AWS's default again."""

    type_name: ClassVar[str] = "AWS::SNS::TopicPolicy"
    returns: ClassVar[frozenset[str]] = frozenset({"Id"})

    def create(self) -> None:
        self.physical_resource_id = self.name
        self.values = {"Id": self.name}
        topics = self.take("Topics", "PolicyDocument")["Topics"]
        self._default = {topic: self._policy_of(topic) for topic in topics}
        self._put()

    def update(self, before: Properties) -> None:
        for topic in set(before["Topics"]) - set(self.properties["Topics"]):
            self._set(topic, self._default[topic])
        for topic in set(self.properties["Topics"]) - set(before["Topics"]):
            self._default[topic] = self._policy_of(topic)
        self._put()

    def remove(self) -> None:
        for topic in self.properties["Topics"]:
            self._set(topic, self._default[topic])

    def _put(self) -> None:
        for topic in self.properties["Topics"]:
            self._set(topic, json.dumps(self.properties["PolicyDocument"]))

    def _policy_of(self, topic: str) -> str:
        answer = self.call("sns", "GetTopicAttributes", {"TopicArn": topic})
        return str(answer["Attributes"]["Policy"])

    def _set(self, topic: str, policy: str) -> None:
        parameters = {"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": policy}
        self.call("sns", "SetTopicAttributes", parameters)


class Dashboard(ApiResource, CloudFormationModel):
    """A dashboard, which keeps its name when its widgets change."""

    type_name: ClassVar[str] = "AWS::CloudWatch::Dashboard"
    name_property: ClassVar[str] = "DashboardName"
    replaced_by: ClassVar[frozenset[str]] = frozenset({"DashboardName"})

    def create(self) -> None:
        self.take("DashboardName")
        self.physical_resource_id = self.name
        self._put()

    def update(self, before: Properties) -> None:
        self._put()

    @property
    def tagged_as(self) -> str:
        return f"arn:aws:cloudwatch::{self.account}:dashboard/{self.name}"

    def remove(self) -> None:
        self.call("cloudwatch", "DeleteDashboards", {"DashboardNames": [self.name]})

    def _put(self) -> None:
        chosen = {"DashboardName": self.name, **self.take("DashboardBody", "Tags")}
        self.call("cloudwatch", "PutDashboard", chosen)


class Budget(ApiResource, CloudFormationModel):
    """A budget with those who hear of it.

    CloudFormation changes all but its name in place; moto cannot, so here it is replaced.
    """

    type_name: ClassVar[str] = "AWS::Budgets::Budget"
    returns: ClassVar[frozenset[str]] = frozenset({"Id"})
    replaced_by: ClassVar[frozenset[str]] = frozenset({"Budget", "NotificationsWithSubscribers"})

    def create(self) -> None:
        chosen = self.take("Budget", "NotificationsWithSubscribers", "ResourceTags")
        name = chosen["Budget"].get("BudgetName", self.name)
        chosen["Budget"] = {**chosen["Budget"], "BudgetName": name}
        self.call("budgets", "CreateBudget", {"AccountId": self.account, **chosen})
        self.physical_resource_id = name
        arn = f"arn:aws:budgets::{self.account}:budget/{name}"
        self.values = {"Id": name, "Arn": arn}

    def remove(self) -> None:
        parameters = {"AccountId": self.account, "BudgetName": self.physical_resource_id}
        self.call("budgets", "DeleteBudget", parameters)
