"""Budgets: who hears of a notification, and the tags."""

from __future__ import annotations

import json
from typing import Any

from moto.budgets.exceptions import NotFoundException
from moto.budgets.responses import BudgetsResponse as Response

from .patch import patch


def install() -> None:
    create = Response.create_budget

    def create_budget(self: Response) -> str:
        answer: str = create(self)
        arn = f"arn:aws:budgets::{self._get_param('AccountId')}:budget/"
        name = self._get_param("Budget")["BudgetName"]
        _tags(self)[f"{arn}{name}"] = self._get_param("ResourceTags") or []
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
    return json.dumps({"ResourceTags": _tags(self).get(self._get_param("ResourceARN"), [])})


def tag_resource(self: Response) -> str:
    given = self._get_param("ResourceTags")
    _keep(self, {tag["Key"] for tag in given}, given)
    return "{}"


def untag_resource(self: Response) -> str:
    _keep(self, set(self._get_param("ResourceTagKeys")), [])
    return "{}"


def _keep(response: Response, but: set[str], more: list[Any]) -> None:
    """The tags that a resource has, without some and with others."""
    arn = response._get_param("ResourceARN")
    kept = [tag for tag in _tags(response).get(arn, []) if tag["Key"] not in but]
    _tags(response)[arn] = [*kept, *more]


def _tags(response: Response) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = response.backend.__dict__.setdefault("sandbox_tags", {})
    return found
