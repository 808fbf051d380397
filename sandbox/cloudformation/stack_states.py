"""What may be done with a stack as it is."""

from __future__ import annotations

from moto.cloudformation import models
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.responses import CloudFormationResponse as Response
from moto.core.responses import ActionResult

# docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html, the stack statuses.
CHANGEABLE = frozenset(
    {
        *("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"),
        *("IMPORT_COMPLETE", "REVIEW_IN_PROGRESS"),
    }
)


def refuse_change(stack: models.Stack) -> None:
    """Raise where another operation has the stack, or where it can only be deleted."""
    if stack.status not in CHANGEABLE:
        raise ValidationError(
            message=f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated."
        )


def refuse_deletion(stack: models.Stack) -> None:
    if stack.enable_termination_protection:
        raise ValidationError(
            message=f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
        )


def update_termination_protection(self: Response) -> ActionResult:
    stack = self.cloudformation_backend.get_stack(self._get_param("StackName"))
    wanted = self._get_bool_param("EnableTerminationProtection", False)
    stack.enable_termination_protection = bool(wanted)
    return ActionResult({"StackId": stack.stack_id})
