"""What a stage's stacks name alike, while they are deployed one after the other.

A fixed name that moves from one stack to another is free only when the first has let go of it:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-name.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from delivery.changes import readable
from delivery.risk.grades import Grade, Reason, Risk
from delivery.risk.identities import named, shared_identity

SOURCE: Final = (
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"
    "aws-properties-name.html"
)
Template = Mapping[str, Any]
Names = dict[tuple[str, ...], str]
"""The logical id by what no second resource may have."""


def refused_names(
    before: Mapping[str, Template], after: Mapping[str, Template], order: Iterable[str]
) -> Iterator[Risk]:
    """Each resource whose name another stack's still has when it is made.

    The stacks of `after` are updated in this order; those that are in no order any more stay, and
    so does what a policy retains.
    """
    now = {stack: _names(template) for stack, template in before.items()}
    for stack in order:
        old = before.get(stack, {})
        own, names = now.pop(stack, {}), _names(after[stack])
        taken = {name: (other, key) for other in now for name, key in now[other].items()}
        for name in sorted((names.keys() - own.keys()) & taken.keys()):
            yield _risk(stack, names[name], after[stack], *taken[name])
        now[stack] = _retained(old) | names


def _names(template: Template) -> Names:
    resources = template.get("Resources", {}).items()
    return {name: key for key, body in resources if (name := shared_identity(body)) is not None}


def _retained(template: Template) -> Names:
    resources = template.get("Resources", {})
    return {
        name: key
        for name, key in _names(template).items()
        if str(resources[key].get("DeletionPolicy", "Delete")).startswith("Retain")
    }


def _risk(stack: str, key: str, template: Template, other: str, holder: str) -> Risk:
    body = template["Resources"][key]
    text = f"{holder} of stack {other} still has {named(body)} when it is made"
    reasons = (Reason(Grade.REFUSED, text, SOURCE),)
    return Risk(stack, key, readable(key, body), body["Type"], reasons)
