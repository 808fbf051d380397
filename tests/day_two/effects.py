"""What an update did to each resource, as CloudFormation's events tell, and as was foretold."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from delivery.changes import LEFT_OUT, Effect, compare, readable

Template = Mapping[str, Any]
Effects = dict[Effect, frozenset[str]]
"""The resources by what became of them, each as STACK/CONSTRUCT."""

STACK: Final = "AWS::CloudFormation::Stack"
CREATED, DELETED, UPDATED = "CREATE_COMPLETE", "DELETE_COMPLETE", "UPDATE_COMPLETE"
IMPORTED: Final = "IMPORT_COMPLETE"


def happened(
    events: Iterable[Mapping[str, Any]], *, stack: str, before: Template, after: Template
) -> Effects:
    """By the events of one stack's update."""
    seen: dict[str, set[str]] = defaultdict(set)
    for event in events:
        if event["ResourceType"] not in (STACK, *LEFT_OUT):
            seen[event["LogicalResourceId"]].add(event["ResourceStatus"])
    found: dict[Effect, set[str]] = defaultdict(set)
    for logical_id, statuses in seen.items():
        if (effect := _effect(statuses)) is not None:
            found[effect].add(f"{stack}/{_name(logical_id, after, before)}")
    return {effect: frozenset(names) for effect, names in found.items()}


def _effect(statuses: set[str]) -> Effect | None:
    # The new one is an update of the resource, and the old one is deleted in the clean-up.
    if {UPDATED, DELETED} <= statuses:
        return Effect.REPLACED
    if statuses & {CREATED, IMPORTED}:
        return Effect.ADDED
    if DELETED in statuses:
        return Effect.REMOVED
    return Effect.CHANGED if UPDATED in statuses else None


def _name(logical_id: str, *templates: Template) -> str:
    for template in templates:
        if body := template.get("Resources", {}).get(logical_id):
            return plain(readable(logical_id, body))
    return logical_id


def plain(name: str) -> str:
    """Without the hash that the CDK puts into the names of a security group's rules."""
    return re.sub(r"[0-9A-F]{8}(?=:)", "", name)


def foretold(before: Template, after: Template, *, stack: str) -> Effects:
    """By the templates alone, as a pull request's comment has it."""
    found: dict[Effect, set[str]] = defaultdict(set)
    for change in compare(before, after):
        found[change.effect].add(f"{stack}/{plain(change.name)}")
    return {effect: frozenset(names) for effect, names in found.items()}


def together(parts: Iterable[Effects]) -> Effects:
    """Of several stacks."""
    found: dict[Effect, frozenset[str]] = {}
    for part in parts:
        for effect, names in part.items():
            found[effect] = found.get(effect, frozenset()) | names
    return found


def names(template: Template, *, stack: str) -> frozenset[str]:
    """All resources of a stack."""
    return frozenset(f"{stack}/{_name(key, template)}" for key in _resources(template))


def kept(template: Template, *, stack: str) -> frozenset[str]:
    """Those that stay when the stack is deleted."""
    return frozenset(
        f"{stack}/{_name(key, template)}"
        for key, body in _resources(template).items()
        if str(body.get("DeletionPolicy", "Delete")).startswith("Retain")
    )


def _resources(template: Template) -> dict[str, Any]:
    found: dict[str, Any] = template.get("Resources", {})
    return {key: body for key, body in found.items() if body["Type"] not in LEFT_OUT}
