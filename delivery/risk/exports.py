"""What a stage's stacks export to each other, while they are deployed one after the other.

"You can't modify or remove an output value that is referenced by another stack":
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from delivery.changes import Effect, compare, mappings, references
from delivery.risk.grades import Grade, Reason, Risk

KIND: Final = "export"
SOURCE: Final = (
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html"
)
Template = Mapping[str, Any]


def refused_exports(
    before: Mapping[str, Template], after: Mapping[str, Template], order: Iterable[str]
) -> list[Risk]:
    """Each export that CloudFormation would not let go, and each import that it would not find.

    The stacks of `after` are updated in this order; those that are in no order any more stay.
    """
    now = dict(before)
    found: list[Risk] = []
    for stack in order:
        others = {name: template for name, template in now.items() if name != stack}
        found += _held_back(stack, now.get(stack, {}), after, others)
        found += _missing(stack, after[stack], others)
        now[stack] = after[stack]
    return found


def exports(template: Template) -> dict[str, Any]:
    """The values that a template exports, by the name of the export."""
    outputs = template.get("Outputs", {}).values()
    return {_name(item["Export"]["Name"]): item["Value"] for item in outputs if "Export" in item}


def imports(value: Any) -> set[str]:
    """The names of the exports that a template, or a part of one, imports."""
    return {
        _name(function["Fn::ImportValue"])
        for function in mappings(value)
        if "Fn::ImportValue" in function
    }


def _held_back(
    stack: str, old: Template, after: Mapping[str, Template], others: Mapping[str, Template]
) -> Iterator[Risk]:
    """The exports that the stack's update changes while another stack imports them."""
    users = {name: imports(template) for name, template in others.items()}
    replaced = {
        item.logical_id for item in compare(old, after[stack]) if item.effect is Effect.REPLACED
    }
    kept = exports(after[stack])
    for name, value in exports(old).items():
        using = sorted(other for other, names in users.items() if name in names)
        if not using:
            continue
        if name not in kept:
            change = "removes it"
        elif kept[name] != value:
            change = "changes it"
        elif references(value) & replaced:
            change = "replaces what it names"
        else:
            continue
        text = f"the update {change} while {', '.join(using)} still imports it"
        if all(other in after and name not in imports(after[other]) for other in using):
            first = f"cdk deploy {' '.join(using)} --exclusively"
            text += f"; deploy what no longer imports it first: {first}"
        yield _risk(stack, name, text)


def _missing(stack: str, new: Template, others: Mapping[str, Template]) -> Iterator[Risk]:
    there = {name for template in others.values() for name in exports(template)}
    for name in sorted(imports(new) - there):
        yield _risk(stack, name, "is imported before any stack exports it")


def _risk(stack: str, name: str, text: str) -> Risk:
    return Risk(stack, name, name, KIND, (Reason(Grade.REFUSED, text, SOURCE),))


def _name(value: Any) -> str:
    """Of an export; one that CloudFormation puts together, as text."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
