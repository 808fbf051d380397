"""The templates that CloudFormation has of a stage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from delivery.errors import DeliveryError
from infra.stage_files import SettingsError
from operations.account import Account, CouldNotAsk, NoCredentials, open_account
from operations.place import WrongPlace, refuse_elsewhere
from operations.stack_states import is_settled
from operations.stacks import deployed_template, describe_stack


def deployed_templates(
    stack_names: Mapping[str, str], account: Account
) -> dict[str, dict[str, Any]]:
    """By the stack's id, of those that are deployed. Raises `CouldNotAsk`.

    `stack_names`: CloudFormation's names by id. A stack that the app does not have is not looked
    for: a deploy leaves it as it is.
    """
    found = {key: deployed_template(account, name) for key, name in stack_names.items()}
    return {key: template for key, template in found.items() if template is not None}


def templates_of_account(
    stage: str, stack_names: Mapping[str, str], account: Account | None = None
) -> dict[str, dict[str, Any]]:
    """The same, in the account of whoever runs this. Raises DeliveryError.

    Only where it is the stage's own, has some of it, and nothing of it is between two templates:
    against anything else every change would look harmless, or be another one than the deploy's.
    """
    try:
        account = account or open_account()
        refuse_elsewhere(stage, account)
        _refuse_unsettled(account, stack_names.values())
        found = deployed_templates(stack_names, account)
        if not found:
            raise DeliveryError(
                f"BASE=deployed: no stack of stage {stage} is in {_place(account)}; deploy it "
                "first, or sign in where it is"
            )
    except (WrongPlace, SettingsError) as error:
        raise DeliveryError(f"BASE=deployed: {error}") from None
    except NoCredentials as error:
        raise DeliveryError(f"BASE=deployed: {error}; {error.todo}") from None
    except CouldNotAsk as error:
        raise DeliveryError(f"BASE=deployed: {error}") from error
    return found


def _refuse_unsettled(account: Account, names: Iterable[str]) -> None:
    for name in names:
        stack = describe_stack(account, name)
        state = str(stack["StackStatus"]) if stack else ""
        if state and not is_settled(state):
            raise DeliveryError(
                f"BASE=deployed: {name} is {state}, between two templates; wait for its end, or "
                "take it back"
            )


def _place(account: Account) -> str:
    identity = account.ask("sts", "GetCallerIdentity") or {}
    return f"{identity.get('Account')}, {account.region}"
