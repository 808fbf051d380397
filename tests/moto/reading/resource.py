"""A deployed resource, and whether what its template says is what AWS's API answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import boto3
from moto.cloudformation.models import cloudformation_backends

from sandbox.state import ACCOUNT, REGION

Description = Mapping[str, Any]
TAGS = ("ResourceTags", "Tags")


@lru_cache
def _client(service: str) -> Any:
    """To make one takes a tenth of a second."""
    make: Any = boto3.client  # the stubs want a literal service name
    return make(service, region_name=REGION)


@dataclass(frozen=True)
class Deployed:
    """One resource of a deployed stack."""

    stack: str
    name: str
    type: str
    id: str
    """What Ref gives."""
    properties: dict[str, Any]
    """Resolved."""

    def ask(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        return dict(getattr(_client(service), operation)(**parameters))


@dataclass(frozen=True)
class Reader:
    """How a type is described, and which parts have other names there than in a template."""

    describe: Callable[[Deployed], Description]
    names: Mapping[str, str] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)
    """Properties that no API gives back, or that mean nothing to one, each with the reason."""

    def differences(self, resource: Deployed) -> Iterator[str]:
        """What the template says and the API does not."""
        found = _lower(self.describe(resource))
        for name, value in resource.properties.items():
            if name in self.unread:
                continue
            key = self.names.get(name, name).lower()
            if key not in found:
                yield f"{resource.type} {name}: not in the description"
            elif not matches(value, found[key]):
                yield f"{resource.type} {name}: {value} in the template, {found[key]} read"
            elif name in TAGS and tag_keys(found[key]) != tag_keys(value):
                yield f"{resource.type} {name}: {found[key]} has more than the template"


def tag_keys(tags: Any) -> set[str]:
    """Of a list or a map of tags."""
    if isinstance(tags, dict):
        return set(tags)
    return {_lower(tag)["key"] for tag in tags}


def deployed() -> Iterator[Deployed]:
    """Every resource of every stack of the account, as the stack engine made it."""
    for stack in cloudformation_backends[ACCOUNT][REGION].stacks.values():
        resources: Any = stack.resource_map  # our engine's
        for name, item in resources.made.items():
            yield Deployed(
                stack=stack.name,
                name=name,
                type=item.node["Type"],
                id=item.resource.physical_resource_id,
                properties=item.resolved.get("Properties", {}),
            )


def matches(wanted: Any, found: Any) -> bool:
    """Whether all that is wanted is found; names differ in case, and scalars may be texts."""
    if isinstance(found, str) and isinstance(wanted, dict) and found.startswith("{"):
        found = json.loads(found)
    if isinstance(wanted, dict):
        return isinstance(found, dict) and _matches_members(wanted, _lower(found))
    if isinstance(wanted, list):
        return _matches_items(wanted, found)
    return _text(wanted) == _text(found)


def _matches_members(wanted: dict[str, Any], found: dict[str, Any]) -> bool:
    return all(
        key.lower() in found and matches(value, found[key.lower()]) for key, value in wanted.items()
    )


def _matches_items(wanted: list[Any], found: Any) -> bool:
    if isinstance(found, dict):  # tags, which some APIs map
        found = [{"Key": key, "Value": value} for key, value in found.items()]
    items = found if isinstance(found, list) else [found]
    return all(any(matches(item, other) for other in items) for item in wanted)


def _lower(value: Description) -> dict[str, Any]:
    return {key.lower(): item for key, item in value.items()}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) else str(value)
    return str(value)
