"""The table of what an update in place does: `updates/README.md` says how to read it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from delivery.risk.conditions import CONDITIONS, holds
from delivery.risk.grades import Grade, Reason

FOLDER: Final = Path(__file__).parent / "updates"
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-resource-tags.html
EVERYWHERE_HARMLESS: Final = frozenset({"Tags"})
UNKNOWN_TYPE: Final = "nothing is known of this type: see its documentation"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a change of one property does, where its condition holds."""

    grade: Grade
    text: str
    source: str
    condition: str = ""


@dataclass(frozen=True, slots=True)
class TypeRules:
    """What is known of one type."""

    source: str
    rules: Mapping[str, Rule]
    added: str = ""
    removed: str = ""
    routine: str = ""

    def judge(self, path: str, old: Any, new: Any, *, renewed: bool) -> Iterator[Reason]:
        """What the change of a property, or of a part of one, does.

        `renewed`: it names a resource that is replaced, so that its value changes in any case.
        """
        if rule := self.rules.get(path):
            if rule.text and (renewed or holds(rule.condition, old, new)):
                yield Reason(rule.grade, f"{path}: {rule.text}", rule.source)
            else:
                yield Reason(Grade.HARMLESS, path, rule.source)
        elif self._has_parts(path) and (parts := _parts(old, new)):
            for name, (before, after) in parts.items():
                if before != after:
                    yield from self.judge(f"{path}.{name}", before, after, renewed=renewed)
        else:
            text = f"{path}: nothing is known of its changes: see the type's documentation"
            yield Reason(Grade.INTERRUPTS, text, self.source)

    def knows(self, path: str) -> bool:
        """Whether the table says something of this property, or of its parts."""
        return path in self.rules or self._has_parts(path)

    def _has_parts(self, path: str) -> bool:
        return any(name.startswith(f"{path}.") for name in self.rules)


def _parts(old: Any, new: Any) -> dict[str, tuple[Any, Any]]:
    """The parts of two values, by name, where both have names for their parts."""
    before, after = _named(old), _named(new)
    if before is None or after is None:
        return {}
    return {name: (before.get(name), after.get(name)) for name in sorted({*before, *after})}


def _named(value: Any) -> Mapping[str, Any] | None:
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return value
    if isinstance(value, list) and all(isinstance(item, Mapping) for item in value):
        keys = [item.get("Key") for item in value]
        if all(isinstance(key, str) for key in keys):
            return {item["Key"]: item.get("Value") for item in value}
    return None


@cache
def rules_of(resource_type: str) -> TypeRules | None:
    """What the table says of a type; None where it says nothing."""
    return _table().get(resource_type)


@cache
def _table() -> Mapping[str, TypeRules]:
    return {
        kind: _type_rules(entry)
        for file in sorted(FOLDER.glob("*.toml"))
        for kind, entry in tomllib.loads(file.read_text(encoding="utf-8")).items()
    }


def _type_rules(entry: Mapping[str, Any]) -> TypeRules:
    source = entry["source"]
    harmless = {*EVERYWHERE_HARMLESS, *entry.get("harmless", ())}
    rules = {name: Rule(Grade.HARMLESS, "", source) for name in harmless}
    for grade in (Grade.INTERRUPTS, Grade.DESTROYS):
        for key, said in entry.get(grade, {}).items():
            text, page = (said, source) if isinstance(said, str) else said
            path, _, condition = key.rpartition(" ")
            if condition in CONDITIONS:
                rules[path] = Rule(grade, text, page, condition)
            else:
                rules[key] = Rule(grade, text, page)
    said_of_it = {name: entry.get(name, "") for name in ("added", "removed", "routine")}
    return TypeRules(source, rules, **said_of_it)
