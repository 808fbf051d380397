"""Budgets: who hears of a notification, and the tags."""

from __future__ import annotations

import json

from moto.budgets.exceptions import NotFoundException
from moto.budgets.responses import BudgetsResponse as Response

from .patch import patch
from .tagger import tagger_of


def install() -> None:
    create = Response.create_budget

    def create_budget(self: Response) -> str:
        answer: str = create(self)
        account, name = self._get_param("AccountId"), self._get_param("Budget")["BudgetName"]
        arn, tagger = f"arn:aws:budgets::{account}:budget/{name}", tagger_of(self.backend)
        tagger.delete_all_tags_for_resource(arn)  # of one that had the name before
        tagger.tag_resource(arn, self._get_param("ResourceTags"))
        return answer

    patch(
        Response,
        create_budget=create_budget,
        list_tags_for_resource=list_tags_for_resource,
        tag_resource=tag_resource,
        untag_resource=untag_resource,
        describe_subscribers_for_notification=describe_subscribers,
    )


def describe_subscribers(self: Response) -> str:
    budget = self.backend.budgets[self._get_param("AccountId")][self._get_param("BudgetName")]
    wanted = self._get_param("Notification")
    for notification in budget.notifications:
        if {**notification.details, **wanted} == notification.details:
            return json.dumps({"Subscribers": notification.subscribers})
    raise NotFoundException("There is no such notification.")


def list_tags_for_resource(self: Response) -> str:
    tags = tagger_of(self.backend).list_tags_for_resource(self._get_param("ResourceARN"))["Tags"]
    return json.dumps({"ResourceTags": tags})


def tag_resource(self: Response) -> str:
    arn, tags = self._get_param("ResourceARN"), self._get_param("ResourceTags")
    tagger_of(self.backend).tag_resource(arn, tags)
    return "{}"


def untag_resource(self: Response) -> str:
    arn, names = self._get_param("ResourceARN"), self._get_param("ResourceTagKeys")
    tagger_of(self.backend).untag_resource_using_names(arn, names)
    return "{}"
