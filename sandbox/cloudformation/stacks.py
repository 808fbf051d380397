"""The life of a stack: change sets run with events, rollback and exports, as the CDK CLI expects.

moto's own execution raises through the API on the first failure and leaves half a stack behind.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any, ClassVar

from moto.cloudformation import models, parsing
from moto.cloudformation.exceptions import (
    AlreadyExistsException,
    CloudFormationError,
    ValidationError,
)
from moto.cloudformation.responses import CloudFormationResponse as Response
from moto.core.common_models import CloudFormationModel
from moto.core.responses import ActionResult, EmptyResult
from moto.ecs.models import EC2ContainerServiceBackend  # noqa: F401 (moto's models before ours)

from . import (  # noqa: F401 (moto finds the subclasses of its base class)
    api_gateway,
    domain,
    ecs,
    firewall,
    functions,
    identity,
    load_balancing,
    network,
    scaling,
    storage,
    usage_plan,
    watching,
    web_firewall,
)
from .engine import StackResources, reason_of
from .ignored import IGNORED
from .resource import ApiResource

Backend = models.CloudFormationBackend


class ChangeSetNotFound(CloudFormationError):
    """What the CLI expects to hear of a change set that it is about to create."""

    code = "ChangeSetNotFound"


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
    _register_ignored()
    for cached in (parsing.get_model_list, parsing.get_model_map, parsing.get_name_type_map):
        cached.cache_clear()
    models.ResourceMap = StackResources  # type: ignore[attr-defined]
    Backend.create_stack = create_stack  # type: ignore[method-assign,assignment]
    Backend.update_stack = update_stack  # type: ignore[method-assign]
    Backend.delete_stack = delete_stack  # type: ignore[method-assign]
    Backend.execute_change_set = execute_change_set  # type: ignore[method-assign]
    Response.delete_change_set = delete_change_set  # type: ignore[method-assign]
    Response.describe_change_set = describe_change_set  # type: ignore[method-assign]


_ignored_classes: list[type] = []


def _register_ignored() -> None:
    if not _ignored_classes:
        _ignored_classes.extend(_ignored_class(kind) for kind in IGNORED)


def _ignored_class(kind: str) -> type:
    class Ignored(ApiResource, CloudFormationModel):
        type_name: ClassVar[str] = kind

        takes_all: ClassVar[bool] = True

        def create(self) -> None:
            self.physical_resource_id = self.name

        def update(self, before: dict[str, Any]) -> None:
            """There is nothing to change."""

    return Ignored


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
    change_set = _find_change_set(self, change_set_name, stack_name)
    stack = self.stacks[change_set.stack_id]
    change_set.execution_status = "EXECUTE_IN_PROGRESS"
    _set_status(stack, f"{change_set.change_set_type}_IN_PROGRESS", "User Initiated")
    _run(lambda: _apply(self, stack, change_set))


def describe_change_set(self: Response) -> ActionResult:
    """The stack's change set: the CDK CLI gives those of all stacks one name; moto mixes them."""
    named = self._get_param("ChangeSetName"), self._get_param("StackName")
    return ActionResult(_find_change_set(self.cloudformation_backend, *named))


def delete_change_set(self: Response) -> ActionResult:
    """Delete the stack's change set; none is no error, as in AWS."""
    named = self._get_param("ChangeSetName"), self._get_param("StackName")
    backend = self.cloudformation_backend
    with contextlib.suppress(ChangeSetNotFound):
        del backend.change_sets[_find_change_set(backend, *named).change_set_id]
    return EmptyResult()


def delete_stack(self: Backend, name_or_stack_id: str) -> None:
    """Delete the stack; one that does not exist is deleted already, as in AWS."""
    for stack in list(self.stacks.values()):
        if name_or_stack_id in (stack.name, stack.stack_id):
            _set_status(stack, "DELETE_IN_PROGRESS", "User Initiated")
            _run(lambda stack=stack: _delete(self, stack))  # type: ignore[misc]


def _run(work: Callable[[], None]) -> None:
    if _in_background:
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        thread.join(ANSWER_SECONDS)
    else:
        work()


def _find_change_set(backend: Backend, name: str, stack_name: str | None) -> models.ChangeSet:
    for change_set in reversed(list(backend.change_sets.values())):
        named = name in (change_set.change_set_id, change_set.change_set_name)
        if named and stack_name in (None, change_set.stack_name, change_set.stack_id):
            return change_set
    raise ChangeSetNotFound(f"ChangeSet [{name}] does not exist")


def _apply(backend: Backend, stack: models.Stack, change_set: models.ChangeSet) -> None:
    kind = change_set.change_set_type
    resources = stack.resource_map
    resources.cross_stack_resources = backend.exports
    resources.events = _recorder(stack)  # type: ignore[attr-defined]
    resources.tags.update(change_set.tags or {})
    try:
        resources.update(change_set.template_dict, change_set.parameters)
        _publish(backend, stack, change_set)
    except (
        Exception
    ) as error:  # the edge of the stack: any failure is its status, never a traceback
        change_set.execution_status = "EXECUTE_FAILED"
        _set_status(stack, f"{kind}_FAILED", reason_of(error))
        rolled_back = "ROLLBACK_COMPLETE" if kind == "CREATE" else "UPDATE_ROLLBACK_COMPLETE"
        _set_status(stack, rolled_back)
        return
    change_set.execution_status = "EXECUTE_COMPLETE"
    _set_status(stack, f"{kind}_COMPLETE")


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
