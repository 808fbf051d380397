"""The life of a stack: change sets run with events, rollback and exports, as the CDK CLI expects.

moto's own execution raises through the API on the first failure and leaves half a stack behind.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from moto.cloudformation import models
from moto.cloudformation.exceptions import AlreadyExistsException, ValidationError
from moto.cloudformation.responses import CloudFormationResponse as Response
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow

from .. import gaps
from ..control_plane import intake
from ..control_plane.state import news
from . import change_sets, exports, resource_types, stack_states
from .changes import reason_of
from .course import RollbackFailed
from .engine import StackResources

Backend = models.CloudFormationBackend


ANSWER_SECONDS = 3.0
"""How long a request waits for its stack. The CDK CLI looks at once and then every 5 s, so a stack
that is done by the first look saves it the wait."""

_in_background = False


def install(*, in_background: bool = False) -> None:
    """Teach moto our resource types and stack engine; `in_background` is for the server.

    moto offers no hook for any of this, so its module attributes are set.
    """
    global _in_background
    _in_background = in_background
    resource_types.register()
    intake.install()
    gaps.install()
    change_sets.install()
    models.ResourceMap = StackResources  # type: ignore[attr-defined]
    Backend.create_stack = create_stack  # type: ignore[method-assign,assignment]
    Backend.update_stack = update_stack  # type: ignore[method-assign]
    Backend.delete_stack = delete_stack  # type: ignore[method-assign]
    Backend.execute_change_set = execute_change_set  # type: ignore[method-assign]
    Response.cancel_update_stack = cancel_update_stack  # type: ignore[attr-defined]
    Response.update_termination_protection = (  # type: ignore[attr-defined]
        stack_states.update_termination_protection
    )


def create_stack(
    self: Backend, name: str, template: str, parameters: dict[str, Any], **options: Any
) -> models.Stack:
    """CreateStack by way of a change set, so that there is one path."""
    if any(stack.name == name for stack in self.stacks.values()):
        raise AlreadyExistsException(f"Stack {name} already exists")
    kept = {key: options.get(key) for key in ("notification_arns", "tags", "role_arn")}
    change_set, stack_id = self.create_change_set(
        name, "create-stack", template, parameters, "", "CREATE", **kept
    )
    self.execute_change_set(change_set, name)
    return self.stacks[stack_id]


def update_stack(
    self: Backend,
    name: str,
    template: str,
    role_arn: str | None,
    parameters: list[dict[str, Any]],
    tags: dict[str, str] | None,
) -> models.Stack:
    """UpdateStack by way of a change set."""
    stack = self.get_stack(name)
    resolved = self._resolve_update_parameters(instance=stack, incoming_params=parameters)
    change_set, _ = self.create_change_set(
        stack.name, "update-stack", template, resolved, "", "UPDATE", role_arn=role_arn, tags=tags
    )
    if self.change_sets[change_set].status == "FAILED":
        raise ValidationError(stack.name, message="No updates are to be performed.")
    self.execute_change_set(change_set, name)
    return stack


def execute_change_set(self: Backend, change_set_name: str, stack_name: str | None = None) -> None:
    """Apply the change set; the outcome is the stack's status and its events."""
    change_set = change_sets.find_change_set(self, change_set_name, stack_name)
    stack = self.stacks[change_set.stack_id]
    stack_states.refuse_change(stack)
    change_set.execution_status = "EXECUTE_IN_PROGRESS"
    if change_set.change_set_type == "UPDATE":
        stack.last_updated_time = utcnow()  # type: ignore[attr-defined]
    stack.change_set_id = change_set.change_set_id  # type: ignore[attr-defined]
    with news:  # from this status on it can be cancelled
        stack.resource_map.cancelled = False  # type: ignore[attr-defined]
        _set_status(stack, f"{change_set.change_set_type}_IN_PROGRESS", "User Initiated")
    _run(lambda: _apply(self, stack, change_set))


def delete_stack(self: Backend, name_or_stack_id: str) -> None:
    """Delete the stack; one that does not exist is deleted already, as in AWS."""
    for stack in list(self.stacks.values()):
        if name_or_stack_id in (stack.name, stack.stack_id):
            stack_states.refuse_deletion(stack)
            _set_status(stack, "DELETE_IN_PROGRESS", "User Initiated")
            _run(lambda stack=stack: _delete(self, stack))  # type: ignore[misc]


def _run(work: Callable[[], None]) -> None:
    if _in_background:
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        thread.join(ANSWER_SECONDS)
    else:
        work()


def _apply(backend: Backend, stack: models.Stack, change_set: models.ChangeSet) -> None:
    kind = change_set.change_set_type
    resources = stack.resource_map
    resources.cross_stack_resources = backend.exports
    resources.events = _recorder(stack)  # type: ignore[attr-defined]
    resources.tags.update(change_set.tags or {})
    resources.imports = getattr(change_set, "imports", False)  # type: ignore[attr-defined]
    template = change_set.template_dict
    resources.before_removal = lambda: exports.refuse_loss(  # type: ignore[attr-defined]
        backend, stack, kept=exports.exports_of(stack, template)
    )
    back = "ROLLBACK" if kind == "CREATE" else "UPDATE_ROLLBACK"
    resources.before_rollback = lambda error: _set_status(  # type: ignore[attr-defined]
        stack, f"{back}_IN_PROGRESS", reason_of(error)
    )
    if kind == "UPDATE":
        resources.before_cleanup = lambda: _set_status(  # type: ignore[attr-defined]
            stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
        )
    try:
        resources.update(change_set.template_dict, change_set.parameters)
        _publish(backend, stack, change_set)
    except Exception as error:  # the edge of the stack: any failure is its status
        change_set.execution_status = "EXECUTE_FAILED"
        if stack.status != f"{back}_IN_PROGRESS":
            _set_status(stack, f"{back}_IN_PROGRESS", reason_of(error))
        if isinstance(error, RollbackFailed):
            _set_status(stack, f"{back}_FAILED", reason_of(error))
        else:
            _set_status(stack, f"{back}_COMPLETE")
        return
    change_set.execution_status = "EXECUTE_COMPLETE"
    _set_status(stack, f"{kind}_COMPLETE")


def cancel_update_stack(self: Response) -> ActionResult:
    """Have the update in progress undone; a rollout that it waits for is waited for no more."""
    stack = self.cloudformation_backend.get_stack(self._get_param("StackName"))
    with news:
        if stack.status != "UPDATE_IN_PROGRESS":
            raise ValidationError(
                message="CancelUpdateStack cannot be called from current stack status"
            )
        stack.resource_map.cancelled = True  # type: ignore[attr-defined]
        news.notify_all()
    return EmptyResult()


def _publish(backend: Backend, stack: models.Stack, change_set: models.ChangeSet) -> None:
    """Outputs and exports of the new template."""
    stack.template = change_set.template
    stack._parse_template()
    stack.description = stack.template_dict.get("Description")
    stack.parameters = change_set.parameters
    stack.tags = change_set.tags or stack.tags
    stack.output_map = stack._create_output_map()
    _withdraw(backend, stack)
    for export in stack.exports:
        taken = backend.exports.get(export.name)
        if taken is not None:
            raise ValidationError(
                message=f"Export {export.name} is already exported by {taken.exporting_stack_id}"
            )
        backend.exports[export.name] = export


def _withdraw(backend: Backend, stack: models.Stack) -> None:
    for name, export in list(backend.exports.items()):
        if export.exporting_stack_id == stack.stack_id:
            del backend.exports[name]


def _delete(backend: Backend, stack: models.Stack) -> None:
    stack.resource_map.events = _recorder(stack)  # type: ignore[attr-defined]
    try:
        exports.refuse_loss(backend, stack, kept={})
        stack.resource_map.delete()
    except Exception as error:  # the edge of the stack: any failure is its status
        _set_status(stack, "DELETE_FAILED", reason_of(error))
        return
    _withdraw(backend, stack)
    _set_status(stack, "DELETE_COMPLETE")
    backend.deleted_stacks[stack.stack_id] = stack
    del backend.stacks[stack.stack_id]


def _set_status(stack: models.Stack, status: str, reason: str | None = None) -> None:
    stack.status = status
    stack.stack_status_reason = reason  # type: ignore[attr-defined]
    stack._add_stack_event(status, resource_status_reason=reason)


def _recorder(stack: models.Stack) -> Any:
    def record(name: str, resource: Any, kind: str, status: str, reason: str = "") -> None:
        event = models.Event(
            stack_id=stack.stack_id,
            stack_name=stack.name,
            logical_resource_id=name,
            physical_resource_id=getattr(resource, "physical_resource_id", None) or "",
            resource_type=kind,
            resource_status=status,
            resource_status_reason=reason or None,
            resource_properties=None,
        )
        stack.events.append(event)

    return record
