"""What all rules of the pack have in common."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cfnlint.rules import CloudFormationLintRule, RuleMatch  # type: ignore[import-untyped]
from cfnlint.template import Template  # type: ignore[import-untyped]

from infra.reading.choices import views
from infra.reading.node import Node
from infra.reading.stack import Stack


@dataclass(frozen=True)
class Finding:
    """Something that will break: where, what is wrong, the value, and what to do instead."""

    place: Node
    wrong: str
    got: object
    remedy: str

    @property
    def message(self) -> str:
        """In one line: `<what is wrong>: got <value>; <what to do>`."""
        return f"{self.wrong}: got {self._shown()}; {self.remedy}"

    def _shown(self) -> object:
        if isinstance(self.got, float) and self.got.is_integer():
            return int(self.got)
        return "none" if self.got is None else self.got


class Rule(CloudFormationLintRule):  # type: ignore[misc]  # it has no types
    """A rule of the pack: an id, a sentence, its evidence, and what it finds in a stack.

    `shortdesc` says how a template should be; `description`, in one sentence, what happens else;
    `source_url` is the document or the issue that says so. An id that begins with W is of something
    that may be meant.
    """

    tags = ("ecs",)

    def match(self, cfn: Template) -> list[Any]:
        """What cfn-lint asks for: the findings under any choice of the conditions, each once."""
        found = {
            (finding.place.path, finding.message): None
            for stack in views(cfn)
            for finding in self.findings(stack)
        }
        return [RuleMatch(list(path), message) for path, message in found]

    def findings(self, stack: Stack) -> Iterator[Finding]:
        """What is wrong in a stack; a rule says nothing about what it cannot know."""
        raise NotImplementedError
