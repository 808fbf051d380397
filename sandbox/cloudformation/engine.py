"""Brings a stack's resources from one template to the next, in CloudFormation's order.

moto deletes before it creates, updates only the resources whose template text changed (so that a
service keeps the old revision of its task definition), and skips what it does not know. This map
creates and updates in dependency order by resolved properties, replaces where CloudFormation would,
deletes last, and refuses a type or a property that it cannot make.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError

from ..control_plane.state import news
from .changes import (
    Json,
    Made,
    needs_replacement,
    reason_of,
    refuse_named_replacement,
    refuse_unknown,
    refuse_unresolved,
    retained,
)
from .course import (
    CANCELLED,
    REPLACED,
    Events,
    RollbackFailed,
    check_nothing,
    ignore_event,
    tell_nobody,
)
from .graph import dependency_order
from .importing import import_existing
from .resource import ApiResource, stack_cancelled


class StackResources(parsing.ResourceMap):
    """The resources of one stack; `moto.cloudformation.models` uses it for its own ResourceMap."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.made: dict[str, Made] = {}
        self.events: Events = ignore_event
        self.before_removal: Callable[[], None] = check_nothing
        self.before_cleanup: Callable[[], None] = check_nothing
        self.before_rollback: Callable[[Exception], None] = tell_nobody
        self.cancelled = False
        """Whether somebody wants the update in progress undone; what begins one resets it."""
        self.imports = False
        """Whether resources that are there by their names are taken in."""
        self._fresh: set[str] = set()
        """What this update has made, not taken in."""

    # moto's interface.

    def __getitem__(self, key: str) -> Any:
        if key not in self._parsed_resources:
            if key not in self._resource_json_map:
                raise KeyError(key)
            self._create(key)
        return self._parsed_resources.get(key)

    @property
    def resources(self) -> list[str]:
        return list(self.made)

    def create(self, template: Json) -> bool:
        self.update(template)
        return True

    def creation_complete(self) -> bool:
        return True

    def update(self, template: Json, parameters: Json | None = None) -> None:
        """Bring the stack to `template`; on failure all is as it was, and the error is raised."""
        before = (self._template, dict(self.input_parameters))
        self._fresh = set()
        stack_cancelled.set(lambda: self.cancelled)
        replaced: dict[str, Made] = {}
        try:
            self._bring_all(template, parameters, replaced)
            self.before_removal()
        except Exception as error:  # the edge of the stack: whatever failed, the old ones come back
            with news:  # who cancels looks whether the rollback has begun
                self.before_rollback(error)
                self.cancelled = False
            self._roll_back_or_say_so(before, replaced)
            raise
        if replaced or self._gone():
            self.before_cleanup()
        self._remove_unwanted(replaced)

    def delete(self) -> None:
        """Delete all but what the template retains, the dependent ones first."""
        for name in reversed(self._order()):
            if name in self.made and not retained(self.made[name], "DeletionPolicy"):
                self._remove(name, self.made[name])
        left = [name for name, made in self.made.items() if not retained(made, "DeletionPolicy")]
        if left:
            raise ValidationError(message=f"these resources could not be deleted: {left}")

    # Creating and updating.

    def _bring_all(
        self, template: Json, parameters: Json | None, replaced: dict[str, Made]
    ) -> None:
        self._adopt(template, parameters)
        for name in dependency_order(self._resource_json_map):
            if self.cancelled:
                raise ValidationError(message=CANCELLED)
            if self._wanted(name):
                self._bring(name, replaced)

    def _adopt(self, template: Json, parameters: Json | None) -> None:
        self._template = template
        self._resource_json_map = template.get("Resources", {})
        if parameters is not None:
            self.input_parameters = self._given(parameters)
        self.resolved_parameters = {}
        self.load_mapping()
        self.load_parameters()
        self.load_conditions()

    def _given(self, parameters: Json) -> Json:
        """As the caller gave them: moto answers UsePreviousValue with what the value resolved to.

        Of a parameter of an SSM type that is the stored value, where its name is wanted.
        """
        resolved = dict(self.resolved_parameters)
        return {
            name: self.input_parameters.get(name, value) if resolved.get(name) == value else value
            for name, value in parameters.items()
            if name in self.input_parameters or resolved.get(name) != value
        }

    def _wanted(self, name: str) -> bool:
        condition = self._resource_json_map[name].get("Condition")
        return condition is None or bool(self.lazy_condition_map[condition])

    def _bring(self, name: str, replaced: dict[str, Made]) -> None:
        made = self.made.get(name)
        if made is None:
            self._create(name)
            return
        resolved = self._resolve(name)
        if resolved == made.resolved:
            self.made[name] = Made(made.resource, self._resource_json_map[name], resolved)
        elif needs_replacement(made.resolved, resolved):
            self._refuse_named(name, made, resolved)
            replaced[name] = self.made.pop(name)
            del self._parsed_resources[name]
            self._create(name, verb="UPDATE", reason=REPLACED)
        else:
            self._update(name, made, resolved)

    def _refuse_named(self, name: str, made: Made, resolved: Json) -> None:
        kind = resolved["Type"]
        try:
            refuse_named_replacement(made.resolved, resolved)
        except ValidationError as error:
            self.events(name, made.resource, kind, "UPDATE_FAILED", reason_of(error))
            raise

    def _create(self, name: str, *, verb: str = "CREATE", reason: str = "") -> None:
        if not self._wanted(name):
            return
        node = self._resource_json_map[name]
        kind = node["Type"]
        refuse_unknown(name, kind)
        resolved = self._resolve(name)
        resource = import_existing(name, resolved, self) if self.imports else None
        if resource is None:
            self.events(name, None, kind, f"{verb}_IN_PROGRESS", reason)
            try:
                resource = parsing.parse_and_create_resource(
                    name, node, self, self._account_id, self._region_name
                )
            except Exception as error:  # the edge of a resource: its failure is the stack's
                self.events(name, None, kind, f"{verb}_FAILED", reason_of(error))
                raise
            self._fresh.add(name)
        self._parsed_resources[name] = resource
        self.made[name] = Made(resource, node, resolved)
        done = verb if name in self._fresh else "IMPORT"
        self.events(name, resource, kind, f"{done}_COMPLETE")

    def _update(self, name: str, made: Made, resolved: Json) -> None:
        node = self._resource_json_map[name]
        self.events(name, made.resource, node["Type"], "UPDATE_IN_PROGRESS")
        try:
            resource = self._update_resource(name, made, resolved)
        except Exception as error:  # the edge of a resource: its failure is the stack's
            self.events(name, made.resource, node["Type"], "UPDATE_FAILED", reason_of(error))
            self.made[name] = Made(made.resource, node, resolved)  # half of it, perhaps
            raise
        self._parsed_resources[name] = resource
        self.made[name] = Made(resource, node, resolved)
        self.events(name, resource, node["Type"], "UPDATE_COMPLETE")

    def _update_resource(self, name: str, made: Made, resolved: Json) -> Any:
        if isinstance(made.resource, ApiResource):
            made.resource.update_checked(resolved.get("Properties", {}))
            return made.resource
        node = self._resource_json_map[name]
        resource: Any = parsing.parse_and_update_resource(
            name, node, self, self._account_id, self._region_name
        )
        if resource is None:
            raise ValidationError(
                message=f"{name}: the sandbox cannot update a {node['Type']} in place; run `make "
                "down`, then `make up`"
            )
        return resource

    def _resolve(self, name: str) -> Json:
        node = self._resource_json_map[name]
        kept = {"Type": node["Type"], "Properties": node.get("Properties", {})}
        resolved: Json = parsing.clean_json(kept, self)
        refuse_unresolved(name, resolved)
        return resolved

    # Removing.

    def _remove_unwanted(self, replaced: dict[str, Made]) -> None:
        gone = self._gone()
        order = dependency_order(
            {name: made.node for name, made in {**self.made, **replaced}.items()}
        )
        for name in reversed(order):
            if name in gone and not self._kept(name):
                self._remove(name, self.made[name])
            elif name in replaced and not retained(replaced[name], "UpdateReplacePolicy"):
                self._delete_made(name, replaced[name])
        for name in gone & set(self.made):
            del self.made[name]  # retained: it lives on without a stack
            self._parsed_resources.pop(name, None)

    def _gone(self) -> set[str]:
        return {name for name in self.made if not self._keeps(name)}

    def _kept(self, name: str) -> bool:
        return retained(self.made[name], "DeletionPolicy", just_made=name in self._fresh)

    def _keeps(self, name: str) -> bool:
        return name in self._resource_json_map and self._wanted(name)

    def _remove(self, name: str, made: Made) -> None:
        if self._delete_made(name, made):
            del self.made[name]
            self._parsed_resources.pop(name, None)

    def _delete_made(self, name: str, made: Made) -> bool:
        kind = made.node["Type"]
        self.events(name, made.resource, kind, "DELETE_IN_PROGRESS")
        try:
            if isinstance(made.resource, ApiResource):
                made.resource.remove()
            else:
                self._delete_resource(made.resource, made.resolved)
        except Exception as error:  # the edge of a resource: CloudFormation goes on with the others
            self.events(name, made.resource, kind, "DELETE_FAILED", reason_of(error))
            return False
        self.events(name, made.resource, kind, "DELETE_COMPLETE")
        return True

    def _roll_back_or_say_so(self, before: tuple[Json, Json], replaced: dict[str, Made]) -> None:
        try:
            self._roll_back(before, replaced)
        except Exception as error:  # the edge of the stack: it stands where this stopped
            raise RollbackFailed(reason_of(error)) from error

    def _roll_back(self, before: tuple[Json, Json], replaced: dict[str, Made]) -> None:
        new = {name: self.made.pop(name) for name in replaced if name in self.made}
        for name, made in replaced.items():
            self.made[name] = made
            self._parsed_resources[name] = made.resource
        template, parameters = before
        self._bring_all(template or {"Resources": {}}, parameters, {})
        self._remove_unwanted({})
        for name, made in new.items():
            self._delete_made(name, made)

    def _order(self) -> list[str]:
        return dependency_order({name: made.node for name, made in self.made.items()})
