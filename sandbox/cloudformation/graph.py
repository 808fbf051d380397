"""Which resources of a template refer to which, and the order in which they are made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any

from moto.cloudformation.exceptions import ValidationError

_SUBSTITUTION = re.compile(r"\$\{([^!}][^}.]*)(?:\.[^}]*)?\}")


def dependency_order(resources: dict[str, Any]) -> list[str]:
    """The logical ids, each after all that it refers to or depends on."""
    graph = {name: sorted(_dependencies(node, resources)) for name, node in resources.items()}
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        path = " -> ".join(error.args[1])
        raise ValidationError(message=f"Circular dependency between resources: {path}") from error


def _dependencies(node: dict[str, Any], names: dict[str, Any]) -> set[str]:
    explicit = node.get("DependsOn", [])
    found = {explicit} if isinstance(explicit, str) else set(explicit)
    return (found | set(_references(node.get("Properties", {})))) & set(names)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _references(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _named_by(key, item)
            yield from _references(item)


def _named_by(key: str, item: Any) -> Iterator[str]:
    if key == "Ref":
        yield str(item)
    elif key == "Fn::GetAtt":
        yield item[0] if isinstance(item, list) else str(item).partition(".")[0]
    elif key == "Fn::Sub":
        yield from _SUBSTITUTION.findall(item[0] if isinstance(item, list) else str(item))
