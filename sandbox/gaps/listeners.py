"""Elastic Load Balancing: what a rule makes of a path before it passes a request on."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.elbv2.models import FakeListenerRule
from moto.elbv2.responses import ELBV2Response as Response

from .patch import patch


def install() -> None:
    create, modify = Response.create_rule, Response.modify_rule

    def create_rule(self: Response) -> ActionResult:
        return _keep(self, create(self))

    def modify_rule(self: Response) -> ActionResult:
        return _keep(self, modify(self))

    patch(FakeListenerRule, transforms=())
    patch(Response, create_rule=create_rule, modify_rule=modify_rule)


def _keep(response: Response, answer: ActionResult) -> ActionResult:
    transforms = response._get_params().get("Transforms")
    if transforms is not None:
        changed: Any = answer.result
        changed["Rules"][0].transforms = transforms
    return answer
