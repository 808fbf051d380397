"""Grades what an update does to each resource of a stack, from its two templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from delivery.changes import ATTRIBUTES, POLICIES, Change, Effect, Resource, compare, references
from delivery.risk.fleets import second_group_lost
from delivery.risk.grades import Grade, Reason, Risk
from delivery.risk.held import DATA, held_by
from delivery.risk.identities import identity, named, names_any
from delivery.risk.updates import UNKNOWN_TYPE, TypeRules, rules_of

KEEPING: Final = ("DeletionPolicy", "UpdateReplacePolicy")
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
# Snapshot keeps less than Retain and more than Delete. What is made already, Retain and
# RetainExceptOnCreate keep alike.
KEPT: Final = {"Delete": 0, "Snapshot": 1, "RetainExceptOnCreate": 2, "Retain": 2}
PERHAPS: Final = "perhaps: the schema says that it depends"
NAMES: Final = (
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"
    "aws-properties-name.html"
)
POLICY: Final = (
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"
    "aws-attribute-deletionpolicy.html"
)
CONDITIONAL: Final = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/conditions-section-structure.html"
TYPE: Final = (
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/"
    "using-cfn-updating-stacks-update-behaviors.html"
)


def grade(stack: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Risk]:
    """The resources that change, the worst first; an empty mapping is no stack."""
    changes = compare(before, after)
    graded = _Update(stack, before, after, changes)
    return sorted((graded.risk(change) for change in changes), key=lambda item: item.grade)


class _Update:
    """One stack's update: the two templates, and what is known of all their resources."""

    def __init__(
        self,
        stack: str,
        before: Mapping[str, Any],
        after: Mapping[str, Any],
        changes: list[Change],
    ) -> None:
        self._stack = stack
        self._old: Mapping[str, Resource] = before.get("Resources", {})
        self._new: Mapping[str, Resource] = after.get("Resources", {})
        self._replaced = {item.logical_id for item in changes if item.effect is Effect.REPLACED}
        self._leaving = {
            found: item.logical_id
            for item in changes
            if item.effect is Effect.REMOVED
            and (found := identity(self._old[item.logical_id])) is not None
        }

    def risk(self, change: Change) -> Risk:
        """The reasons of one change, the worst first, and what would be lost."""
        rules = rules_of(change.resource_type)
        reasons = sorted(self._reasons(change, rules), key=lambda item: item.grade)
        return Risk(
            stack=self._stack,
            key=change.logical_id,
            name=change.name,
            kind=change.resource_type,
            reasons=tuple(reasons),
            loss=self._loss(change, reasons),
        )

    def _reasons(self, change: Change, rules: TypeRules | None) -> Iterator[Reason]:
        if change.effect is Effect.ADDED:
            yield from self._added(change, rules)
        elif change.effect is Effect.REMOVED:
            grade = Grade.HARMLESS if rules and rules.routine else Grade.DESTROYS
            text = (rules.routine or rules.removed) if rules else ""
            yield Reason(grade, f"removed{f': {text}' * bool(text)}", rules.source if rules else "")
        elif change.effect is Effect.REPLACED:
            yield from self._replaced_by(change, rules)
        else:
            if change.effect is Effect.PERHAPS_REPLACED:
                yield Reason(Grade.REPLACES, f"{', '.join(change.because)}: {PERHAPS}")
            yield from self._updated(change, rules)

    def _added(self, change: Change, rules: TypeRules | None) -> Iterator[Reason]:
        body = self._new[change.logical_id]
        taken = self._leaving.get(identity(body) or ())
        if taken and not names_any(body, self._replaced):
            text = (
                f"{taken} still has {named(body)} when it is made: CloudFormation deletes last, "
                "so it cannot be made, or goes with the old one"
            )
            yield Reason(Grade.REFUSED, text, NAMES)
        if rules is None:
            yield Reason(Grade.INTERRUPTS, f"added: {UNKNOWN_TYPE}")
        elif rules.added and not self._joins_only_what_is_new(body):
            yield Reason(Grade.INTERRUPTS, f"added: {rules.added}", rules.source)
        else:
            yield Reason(Grade.HARMLESS, "added", rules.source)

    def _joins_only_what_is_new(self, body: Resource) -> bool:
        named = references(body.get("Properties", {})) & self._new.keys()
        return bool(named) and not named & self._old.keys()

    def _replaced_by(self, change: Change, rules: TypeRules | None) -> Iterator[Reason]:
        old, new = self._old[change.logical_id], self._new[change.logical_id]
        because = ", ".join(change.because)
        if old["Type"] != new["Type"]:
            text = f"{old['Type']} becomes {new['Type']}: a resource keeps its type"
            yield Reason(Grade.REFUSED, text, TYPE)
            return
        same = identity(old) is not None and identity(old) == identity(new)
        if same and not names_any(new, self._replaced):
            text = f"{because} replaces it, and the new one cannot have the same {named(new)}"
            yield Reason(Grade.REFUSED, text, NAMES)
        if rules and rules.routine:
            yield Reason(Grade.HARMLESS, f"{because}: {rules.routine}", rules.source)
        else:
            yield Reason(Grade.REPLACES, because)

    def _updated(self, change: Change, rules: TypeRules | None) -> Iterator[Reason]:
        old, new = self._old[change.logical_id], self._new[change.logical_id]
        before, after = old.get("Properties", {}), new.get("Properties", {})
        entries = (each.get("LoadBalancers") for each in (before, after))
        yield from second_group_lost(change.resource_type, *entries)
        for name in dict.fromkeys((*change.updated, *change.renewed)):
            if name in KEEPING:
                yield _kept_less(name, old, new)
            elif name == "Condition":
                yield _on_condition(old, new)
            elif name in (*ATTRIBUTES, *POLICIES):
                harmless = name == "DependsOn"
                yield Reason(Grade.HARMLESS if harmless else Grade.INTERRUPTS, name)
            elif rules is None:
                yield Reason(Grade.INTERRUPTS, f"{name}: {UNKNOWN_TYPE}")
            else:
                values = before.get(name), after.get(name)
                yield from rules.judge(name, *values, renewed=name in change.renewed)

    def _loss(self, change: Change, reasons: list[Reason]) -> str:
        """What would be gone for good, in words; nothing where nothing is."""
        held = "" if change.effect is Effect.ADDED else held_by(self._old[change.logical_id])
        if held and change.effect is not Effect.CHANGED:
            return change.fate if held == DATA else f"It takes with it {held}"
        if change.effect is Effect.REMOVED:
            return ""
        return "; ".join(item.text for item in reasons if item.grade is Grade.DESTROYS)


def _kept_less(name: str, old: Resource, new: Resource) -> Reason:
    """A policy that keeps what a resource holds, where it keeps less than before."""
    before, after = (str(body.get(name, "Delete")) for body in (old, new))
    text = f"{name} {before} becomes {after}"
    held = held_by(old)
    if not held or KEPT.get(after, 0) >= KEPT.get(before, 0):
        return Reason(Grade.HARMLESS, text, POLICY)
    what = "removal" if name == "DeletionPolicy" else "replacement"
    return Reason(Grade.DESTROYS, f"{text}: from now on a {what} takes with it {held}", POLICY)


def _on_condition(old: Resource, new: Resource) -> Reason:
    """What is made under a condition is removed where that does not hold: no template says."""
    held = held_by(old)
    if not held or "Condition" not in new:
        return Reason(Grade.INTERRUPTS, "Condition")
    text = f"Condition: where {new['Condition']} does not hold, it is removed, and with it {held}"
    return Reason(Grade.DESTROYS, text, CONDITIONAL)
