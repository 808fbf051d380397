"""What an update from one template to another does to each resource, without asking an account.

It knows what the templates know. Parameters count as unchanged; a resource that was changed by hand
in the account, or an export that another stack still uses, is CloudFormation's to find.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from delivery import schemas

Resource = Mapping[str, Any]
Resources = Mapping[str, Resource]

# What is compared beside the properties. Metadata is not: it makes nothing.
ATTRIBUTES: Final = ("Condition", "CreationPolicy", "DeletionPolicy", "DependsOn")
POLICIES: Final = ("UpdatePolicy", "UpdateReplacePolicy")
LEFT_OUT: Final = frozenset({"AWS::CDK::Metadata"})
_SUBSTITUTED: Final = re.compile(r"\$\{([A-Za-z0-9]+)[.}]")


class Effect(StrEnum):
    """What becomes of a resource, the worst first."""

    REMOVED = "removed"
    REPLACED = "replaced"
    PERHAPS_REPLACED = "perhaps replaced"
    CHANGED = "changed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Change:
    """One resource and what becomes of it. `fate` says what becomes of its data, if it has any.

    Of one that stays: `updated` has the properties and attributes that differ, `renewed` those that
    name a replaced resource.
    """

    logical_id: str
    name: str
    resource_type: str
    effect: Effect
    because: tuple[str, ...] = ()
    fate: str = ""
    updated: tuple[str, ...] = ()
    renewed: tuple[str, ...] = ()


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """The changes between two templates, the worst first; an empty mapping is no stack."""
    old, new = _resources(before), _resources(after)
    both = {key: (old[key], new[key]) for key in old.keys() & new.keys()}
    replaced = _replaced(both)
    found = [_change(key, old[key], Effect.REMOVED) for key in old.keys() - new.keys()]
    found += [_change(key, new[key], Effect.ADDED) for key in new.keys() - old.keys()]
    found += filter(None, (_kept(key, pair, replaced, new) for key, pair in both.items()))
    order = list(Effect)
    return sorted(found, key=lambda change: (order.index(change.effect), change.name))


def _resources(template: Mapping[str, Any]) -> Resources:
    return {
        key: body
        for key, body in template.get("Resources", {}).items()
        if body["Type"] not in LEFT_OUT
    }


def _replaced(both: Mapping[str, tuple[Resource, Resource]]) -> dict[str, tuple[str, ...]]:
    """Logical id and causes of every replaced resource.

    One that names a replaced resource in such a property is replaced as well, and so on.
    """
    found: dict[str, tuple[str, ...]] = {}
    while True:
        more = {
            key: causes
            for key, (old, new) in both.items()
            if key not in found and (causes := tuple(_replacing_causes(old, new, found)))
        }
        if not more:
            return found
        found |= more


def _replacing_causes(
    old: Resource, new: Resource, replaced: Mapping[str, object]
) -> Iterator[str]:
    if old["Type"] != new["Type"]:
        yield "Type"
        return
    for pointer in sorted(schemas.replacing(new["Type"])):
        value = _at(new, pointer)
        if value != _at(old, pointer) or _named(value, replaced):
            yield ".".join(pointer)


def _kept(
    key: str,
    pair: tuple[Resource, Resource],
    replaced: Mapping[str, tuple[str, ...]],
    resources: Resources,
) -> Change | None:
    """The change of a resource that is in both templates."""
    old, new = pair
    if key in replaced:
        return _change(key, new, Effect.REPLACED, because=replaced[key], before=old)
    changed = tuple(_changed(old, new))
    affected = {
        name: targets
        for name, value in new.get("Properties", {}).items()
        if (targets := sorted(_named(value, replaced)))
    }
    if not changed and not affected:
        return None
    named = (
        f"{name} (names {readable(target, resources[target])}, which is replaced)"
        for name, targets in affected.items()
        for target in targets
    )
    perhaps = not schemas.is_known(new["Type"]) or any(
        _at(old, pointer) != _at(new, pointer) for pointer in schemas.perhaps_replacing(new["Type"])
    )
    effect = Effect.PERHAPS_REPLACED if perhaps else Effect.CHANGED
    found = _change(key, new, effect, because=(*changed, *named), before=old)
    return replace(found, updated=changed, renewed=tuple(affected))


def _changed(old: Resource, new: Resource) -> Iterator[str]:
    before, after = old.get("Properties", {}), new.get("Properties", {})
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield name
    for name in (*ATTRIBUTES, *POLICIES):
        if old.get(name) != new.get(name):
            yield name


def _change(
    key: str,
    body: Resource,
    effect: Effect,
    *,
    because: tuple[str, ...] = (),
    before: Resource | None = None,
) -> Change:
    fate = _fate(effect, before or body, body)
    return Change(key, readable(key, body), body["Type"], effect, because, fate)


def _fate(effect: Effect, before: Resource, after: Resource) -> str:
    if before["Type"] not in schemas.stateful_types():
        return ""
    if effect is Effect.REMOVED:
        kept = str(before.get("DeletionPolicy", "Delete")).startswith("Retain")
        return "It stays in the account, in no stack" if kept else "ITS DATA IS DELETED"
    if effect in (Effect.REPLACED, Effect.PERHAPS_REPLACED):
        # Only where both templates say so is it certain, whichever of the two counts.
        policies = [str(body.get("UpdateReplacePolicy", "Delete")) for body in (before, after)]
        if all(policy.startswith("Retain") for policy in policies):
            return "The old one stays in the account, in no stack; the new one is empty"
        return "ITS DATA IS DELETED; the new one is empty"
    return ""


def _at(body: Resource, pointer: schemas.Pointer) -> Any:
    """The value at a path; a path through a list (`*`) ends at the list."""
    value: Any = body.get("Properties", {})
    for key in pointer:
        if not isinstance(value, Mapping):
            return value
        value = value.get(key)
    return value


def _named(value: Any, replaced: Mapping[str, object]) -> set[str]:
    """Which of the replaced resources a value names. Mostly none is replaced: then no value is
    searched, which would take most of a comparison."""
    return references(value) & replaced.keys() if replaced else set()


def references(value: Any) -> set[str]:
    """The logical ids that a value names, in Ref, GetAtt and Sub."""
    found: set[str] = set()
    for function in mappings(value):
        if isinstance(name := function.get("Ref"), str):
            found.add(name)
        if target := function.get("Fn::GetAtt"):
            found.add(target[0] if isinstance(target, list) else target.partition(".")[0])
        if substituted := function.get("Fn::Sub"):
            text = substituted[0] if isinstance(substituted, list) else substituted
            found.update(_SUBSTITUTED.findall(text))
    return found


def mappings(value: Any) -> list[dict[str, Any]]:
    """Every mapping in a value as JSON has it, in no order, the value itself included."""
    found, waiting = [], [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            found.append(item)
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
    return found


def readable(key: str, body: Resource) -> str:
    """The construct's path within its stack, as the code spells it; else the logical id."""
    path = str(body.get("Metadata", {}).get("aws:cdk:path", ""))
    _, _, inner = path.partition("/")
    return inner.removesuffix("/Resource").removesuffix("/Default") or key
