"""Change sets as the CDK CLI uses them: one name for those of all stacks."""

from __future__ import annotations

import contextlib
from typing import Any

from moto.cloudformation import models
from moto.cloudformation.exceptions import CloudFormationError, ValidationError
from moto.cloudformation.responses import CloudFormationResponse as Response
from moto.core.responses import ActionResult, EmptyResult

from . import change_details, stack_states

Backend = models.CloudFormationBackend


class ChangeSetNotFound(CloudFormationError):
    """What the CLI expects to hear of a change set that it is about to create."""

    code = "ChangeSetNotFound"


def install() -> None:
    """Set ours in moto's classes; `create_change_set` goes on to moto's own."""
    Response.describe_change_set = describe_change_set  # type: ignore[method-assign]
    Response.delete_change_set = delete_change_set  # type: ignore[method-assign]
    Response.create_change_set = ask_for_change_set  # type: ignore[method-assign]
    Backend.create_change_set = create_change_set  # type: ignore[method-assign]


_ask_of_moto, _create_of_moto = Response.create_change_set, Backend.create_change_set


def ask_for_change_set(self: Response) -> ActionResult:
    """With `ImportExistingResources`, which moto does not know."""
    answer: ActionResult = _ask_of_moto(self)
    made: Any = answer.result
    change_set: Any = self.cloudformation_backend.change_sets[made["Id"]]
    change_set.imports = self._get_bool_param("ImportExistingResources", False)
    return answer


def create_change_set(
    self: Backend, stack_name: str, *arguments: Any, **options: Any
) -> tuple[str, str]:
    """For a stack that may be created, or changed, now."""
    kind = options.get("change_set_type") or arguments[4]
    named = [stack for stack in self.stacks.values() if stack_name in (stack.name, stack.stack_id)]
    for stack in named:
        if kind == "UPDATE":
            stack_states.refuse_change(stack)
        elif stack.status == "REVIEW_IN_PROGRESS":
            del self.stacks[stack.stack_id]  # moto would have two of the name
        else:
            raise ValidationError(
                message=f"Stack [{stack_name}] already exists and cannot be created again with "
                "the changeSet"
            )
    made, stack_id = _create_of_moto(self, stack_name, *arguments, **options)
    change_details.add_details(self.change_sets[made])
    return made, stack_id


def describe_change_set(self: Response) -> ActionResult:
    """The stack's change set: the CDK CLI gives those of all stacks one name; moto mixes them."""
    named = self._get_param("ChangeSetName"), self._get_param("StackName")
    return ActionResult(find_change_set(self.cloudformation_backend, *named))


def delete_change_set(self: Response) -> ActionResult:
    """Delete the stack's change set; none is no error, as in AWS."""
    named = self._get_param("ChangeSetName"), self._get_param("StackName")
    backend = self.cloudformation_backend
    with contextlib.suppress(ChangeSetNotFound):
        del backend.change_sets[find_change_set(backend, *named).change_set_id]
    return EmptyResult()


def find_change_set(backend: Backend, name: str, stack_name: str | None) -> models.ChangeSet:
    for change_set in reversed(list(backend.change_sets.values())):
        named = name in (change_set.change_set_id, change_set.change_set_name)
        if named and stack_name in (None, change_set.stack_name, change_set.stack_id):
            return change_set
    raise ChangeSetNotFound(f"ChangeSet [{name}] does not exist")
