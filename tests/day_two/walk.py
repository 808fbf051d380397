"""Walks: deploys and deletes, looks what each step did, and whether anything is left to deploy."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import boto3

from delivery.assemblies import Assembly
from delivery.changes import Effect
from tests.day_two.account import Checkout, CommandFailed
from tests.day_two.effects import Effects, Template, foretold, happened, kept, names, together
from tests.day_two.steps import EVERYTHING, Names, Step

# What the command line writes of a resource that changes.
DIFFERENCE: Final = re.compile(r"^\[[-+~]\] AWS::\S+ (\S+)", re.MULTILINE)

Stacks = Mapping[str, str]
"""CloudFormation's ids of stacks, by their ids in the assembly."""


@dataclass(frozen=True)
class Outcome:
    """What one step did."""

    step: Step
    expected: Effects
    effects: Effects
    foretold: Effects
    differences: frozenset[str] = frozenset()
    """The constructs that `cdk diff` named before the deploy."""
    left: str = ""
    """What `cdk diff` said after it, where that was not that there is no difference."""
    refusal: str = ""
    """What was said of a step that cannot be taken."""


@dataclass
class Walk:
    """A stage in an account, which is deployed again and again."""

    checkout: Checkout
    values: dict[str, Any]
    tell: Callable[[str], None]
    image: str = ""
    app: tuple[str, ...] = ()
    """By which the command line knows what was deployed last."""
    deployed: dict[str, Template] = field(default_factory=dict)
    """The templates of the stacks that are there."""

    def deploy(self, step: Step, *options: str, **sections: Any) -> Outcome:
        """The file is changed, compared, deployed, and compared again."""
        self.tell(step.name)
        self._change({**step.sections, **sections}, image=step.image)
        folder = self.checkout.folder / f"cdk.out/{re.sub(r'[^a-z]+', '-', step.name)}"
        differences = DIFFERENCE.findall(self._compare("--output", str(folder)))
        assembly = Assembly(folder)
        self.app = ("--app", str(folder))
        already = self._event_ids(assembly.stack_names.values())
        self.checkout.cdk("deploy", "--all", "--require-approval", "never", *self.app, *options)
        before, after = self.deployed, assembly.templates
        outcome = Outcome(
            step,
            expected=_expected(step, after),
            effects=self._effects(assembly.stack_names, already, before=before, after=after),
            foretold=together(
                foretold(before.get(stack, {}), after[stack], stack=stack) for stack in after
            ),
            differences=frozenset(differences),
            # By a new synth, which has to come to the same.
            left=self._compare(),
        )
        self.deployed = {**before, **after}
        return outcome

    def delete(self, step: Step, stacks: Stacks, *, how: Callable[[], object]) -> Outcome:
        """What these stacks have is removed, but for what they keep."""
        self.tell(step.name)
        ids = {stack: self._stack_id(name) for stack, name in stacks.items()}
        already = self._event_ids(ids.values())
        how()
        gone = {stack: self.deployed.pop(stack) for stack in stacks}
        removed = (
            names(gone[stack], stack=stack) - kept(gone[stack], stack=stack) for stack in gone
        )
        return Outcome(
            step,
            expected={Effect.REMOVED: frozenset().union(*removed)},
            effects=self._effects(ids, already, before=gone, after={}),
            foretold=together(foretold(gone[stack], {}, stack=stack) for stack in gone),
        )

    def refused(self, step: Step, how: Callable[[], object]) -> Outcome:
        """It fails, and leaves everything as it was."""
        self.tell(step.name)
        try:
            how()
        except CommandFailed as failed:
            return Outcome(step, expected={}, effects={}, foretold={}, refusal=str(failed))
        raise AssertionError(f"{step.name}: it was not refused")

    def _change(self, sections: Mapping[str, Any], *, image: str | None) -> None:
        for name, value in sections.items():
            if value is None:
                self.values.pop(name, None)
            elif isinstance(value, Mapping):
                self.values[name] = {**self.values.get(name, {}), **value}
            else:
                self.values[name] = value
        self.image = image or self.image
        self.checkout.write(self.values)

    def _compare(self, *words: str) -> str:
        """What `cdk diff` says, of the file as it is now, where it finds a difference."""
        app = ("--app", f"{sys.executable} app.py", "-c", f"image={self.image}")
        try:
            self.checkout.cdk("diff", "--fail", *app, "-c", f"stage={self.checkout.stage}", *words)
        except CommandFailed as failed:
            return str(failed)
        return ""

    def _effects(
        self,
        stacks: Stacks,
        already: frozenset[str],
        *,
        before: Mapping[str, Template],
        after: Mapping[str, Template],
    ) -> Effects:
        return together(
            happened(
                [event for event in self._events(name) if event["EventId"] not in already],
                stack=stack,
                before=before.get(stack, {}),
                after=after.get(stack, {}),
            )
            for stack, name in stacks.items()
        )

    def _event_ids(self, stacks: Iterable[str]) -> frozenset[str]:
        return frozenset(event["EventId"] for stack in stacks for event in self._events(stack))

    def _events(self, stack: str) -> list[dict[str, Any]]:
        client = boto3.client("cloudformation")
        try:
            pages = client.get_paginator("describe_stack_events").paginate(StackName=stack)
            return [dict(event) for page in pages for event in page["StackEvents"]]
        except client.exceptions.ClientError:
            return []  # it is not there yet

    def _stack_id(self, name: str) -> str:
        client = boto3.client("cloudformation")
        return str(client.describe_stacks(StackName=name)["Stacks"][0]["StackId"])


def _expected(step: Step, templates: Mapping[str, Template]) -> Effects:
    every = frozenset().union(*(names(each, stack=stack) for stack, each in templates.items()))

    def meant(listed: Names) -> frozenset[str]:
        return every if isinstance(listed, str) else listed

    assert all(listed == EVERYTHING for listed in step.expected.values() if isinstance(listed, str))
    return {effect: meant(listed) for effect, listed in step.expected.items()}
