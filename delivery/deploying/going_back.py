"""The deployed template with the task definition of an earlier revision in it.

CloudFormation owns the service: what an API call would set beside it, the next deploy would meet as
drift, and CloudFormation deregisters each revision that it replaces, so that ECS takes none of them
for a service any more. So the earlier revision's values are written into the template that is
deployed now: only those that differ, so that whatever refers to another resource goes on to.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deregister-task-definition-v2.html
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import botocore.session

from delivery import changes

TASK_DEFINITION: Final = "AWS::ECS::TaskDefinition"
SERVICE: Final = "AWS::ECS::Service"
CONTAINERS: Final = "containerDefinitions"
# A container's image is written in full: its repository lies in this account and region.
_MAY_BE_LITERAL: Final = frozenset({"image"})
# Lists whose items have names, so that one of them can be changed alone.
_NAMED: Final = frozenset({CONTAINERS, "environment", "secrets"})

Path = tuple[str, ...]
Template = dict[str, Any]


class CannotGoBack(Exception):
    """The earlier revision does not fit into what is deployed; the message says why."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One value, where it is in the task definition, now and then; None where there is none."""

    path: Path
    now: Any
    then: Any

    def __str__(self) -> str:
        return f"{'.'.join(self.path)}: {_short(self.now)} -> {_short(self.then)}"


def differences(now: Mapping[str, Any], then: Mapping[str, Any]) -> list[Difference]:
    """What is not the same in two described revisions, as far as a revision is made of it."""
    made_of = set(_shape().members) - {"tags"}
    return list(_differences((), _named(_only(now, made_of)), _named(_only(then, made_of))))


def with_revision(template: Template, found: list[Difference]) -> Template:
    """A copy of the template in which these values are as they were. Raises `CannotGoBack`."""
    patched = copy.deepcopy(template)
    definition = patched["Resources"][_definition_of(patched)]["Properties"]
    for difference in found:
        _set(definition, difference)
    return patched


def _definition_of(template: Template) -> str:
    """The logical id of the task definition that the service runs."""
    services = [item for item in template["Resources"].values() if item["Type"] == SERVICE]
    names = [
        name
        for item in services
        for name in changes.references(item["Properties"]["TaskDefinition"])
        if template["Resources"].get(name, {}).get("Type") == TASK_DEFINITION
    ]
    if len(names) != 1:
        raise CannotGoBack(f"the stack has {len(names)} services with a task definition of its own")
    return names[0]


def _differences(path: Path, now: Any, then: Any) -> Iterator[Difference]:
    if now == then:
        return
    if not (isinstance(now, dict) and isinstance(then, dict)):
        yield Difference(path, now, then)
        return
    for key in sorted(now.keys() | then.keys()):
        yield from _differences((*path, key), now.get(key), then.get(key))


def _only(revision: Mapping[str, Any], keys: set[str]) -> dict[str, Any]:
    # ECS answers an empty list where nothing was asked for.
    return {key: value for key, value in revision.items() if key in keys and value not in ([], {})}


def _named(value: Any, key: str = "") -> Any:
    """Lists of named items as mappings from their names."""
    if isinstance(value, Mapping):
        return {name: _named(item, name) for name, item in value.items() if item not in ([], {})}
    if isinstance(value, list) and key in _NAMED:
        return {item["name"]: _named(item) for item in value}
    return value


# From here in CloudFormation's spelling.


def _set(definition: dict[str, Any], difference: Difference) -> None:
    node: Any = definition
    *parents, last = difference.path
    for depth, key in enumerate(parents):
        node = _child(node, key, inside=parents[depth - 1] if depth else "")
    inside = parents[-1] if parents else ""
    _refuse_reference(_child(node, last, inside=inside), difference)
    if inside in _NAMED:
        _set_named(node, last, difference.then, inside)
    elif difference.then is None:
        node.pop(_key(last, inside), None)
    else:
        node[_key(last, inside)] = spelled(difference.then, last)


def _child(node: Any, key: str, *, inside: str) -> Any:
    """What a step of a path leads to; None where it is not there."""
    if node is None:
        return None
    if inside in _NAMED:
        return next((item for item in node if item.get("Name") == key), None)
    return node.get(_key(key, inside))


def _key(key: str, inside: str) -> str:
    return key if inside in _maps() else _spelled(key)


def _set_named(node: list[dict[str, Any]], name: str, then: Any, inside: str) -> None:
    node[:] = [item for item in node if item.get("Name") != name]
    if then is not None:
        node.append(spelled(then, ""))


def _refuse_reference(node: Any, difference: Difference) -> None:
    if difference.path[-1] in _MAY_BE_LITERAL or not changes.references(node):
        return
    raise CannotGoBack(
        f"{'.'.join(difference.path)} is another resource's now: got {_short(difference.now)}, and "
        f"{_short(difference.then)} then, which may be gone"
    )


def spelled(value: Any, key: str) -> Any:
    """A value as CloudFormation spells it: its keys, but not those that a person chose."""
    if isinstance(value, Mapping):
        if key in _maps():
            return dict(value)
        if key in _NAMED:
            return [spelled(item, "") for item in value.values()]
        return {_spelled(name): spelled(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [spelled(item, key) for item in value]
    return value


def _spelled(key: str) -> str:
    return key[:1].upper() + key[1:]


@cache
def _shape() -> Any:
    ecs = botocore.session.get_session().get_service_model("ecs")
    return ecs.operation_model("RegisterTaskDefinition").input_shape


@cache
def _maps() -> frozenset[str]:
    """The members, wherever they are, whose keys a person chose: labels and options."""
    found: set[str] = set()
    seen: set[str] = set()

    def walk(shape: Any) -> None:
        if shape.name in seen:
            return
        seen.add(shape.name)
        for name, member in getattr(shape, "members", {}).items():
            if member.type_name == "map":
                found.add(name)
            walk(member)
        if shape.type_name == "list":
            walk(shape.member)

    walk(_shape())
    return frozenset(found)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 100 else f"{text[:97]}..."
