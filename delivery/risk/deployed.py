"""The templates that CloudFormation has of a stage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from delivery.errors import DeliveryError
from operations.account import Account, CouldNotAsk, open_account
from operations.stacks import deployed_template


def deployed_templates(
    stack_names: Mapping[str, str], account: Account
) -> dict[str, dict[str, Any]]:
    """By the stack's id, of those that are deployed. Raises `CouldNotAsk`.

    `stack_names`: CloudFormation's names by id. A stack that the app does not have is not looked
    for: a deploy leaves it as it is.
    """
    found = {key: deployed_template(account, name) for key, name in stack_names.items()}
    return {key: template for key, template in found.items() if template is not None}


def templates_of_account(stack_names: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The same, in the account of whoever runs this; raises DeliveryError."""
    try:
        return deployed_templates(stack_names, open_account())
    except CouldNotAsk as error:
        raise DeliveryError(f"BASE=deployed: {error}") from error
