"""What stacks export and others import: none of it can go, or change, while it is in use.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from moto.cloudformation import models, parsing
from moto.cloudformation.exceptions import ValidationError

Backend = models.CloudFormationBackend


def refuse_loss(backend: Backend, stack: models.Stack, kept: Mapping[str, str]) -> None:
    """Raise where an export of the stack that others import is not `kept` as it is."""
    for name, export in backend.exports.items():
        if export.exporting_stack_id != stack.stack_id or kept.get(name) == export.value:
            continue
        if users := sorted(_importers(backend, name)):
            lost = "updated" if name in kept else "deleted"
            raise ValidationError(
                message=f"Export {name} cannot be {lost} as it is in use by {' and '.join(users)}"
            )


def exports_of(stack: models.Stack, template: dict[str, Any]) -> dict[str, str]:
    """By name, of the stack's resources as they are now."""
    outputs = parsing.OutputMap(stack.resource_map, template, stack.stack_id)
    return {export.name: export.value for export in outputs.exports}


def _importers(backend: Backend, name: str) -> Iterator[str]:
    for stack in backend.stacks.values():
        if name in _imported(stack.template_dict, stack.resource_map):
            yield stack.name


def _imported(value: Any, resources: parsing.ResourceMap) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _imported(item, resources)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "Fn::ImportValue":
                yield str(parsing.clean_json(item, resources))
            else:
                yield from _imported(item, resources)
