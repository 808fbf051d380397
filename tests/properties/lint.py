"""cfn-lint and our rules over an assembly: no error, and of warnings only those expected."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cfnlint.config import ConfigMixIn  # type: ignore[import-untyped]  # it ships no types
from cfnlint.core import get_rules  # type: ignore[import-untyped]
from cfnlint.runner.template import (  # type: ignore[import-untyped]
    run_template_by_file_paths,
)

from infra.lint import RULES, templates
from sandbox.state import REGION

# By rule and type of the resource: why what the CDK writes makes it warn.
EXPECTED_WARNINGS: Final[dict[tuple[str, str], str]] = {
    ("W3005", "AWS::Lambda::Function"): "the CDK has a function wait for its role and the role's "
    "policy; the role is named by the function already",
    ("W3005", "AWS::Budgets::Budget"): "to wait for a topic's policy is, in the CDK, to wait for "
    "all that is in the topic's construct; the budget names the topic itself already",
    ("W3005", "AWS::ECS::Service"): "likewise, to wait for a cluster's capacity providers is to "
    "wait for the cluster, which the service names already",
    ("W3005", "AWS::ApplicationAutoScaling::ScalableTarget"): "it is in the service's construct, "
    "and waits for what the service waits for",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding of cfn-lint."""

    rule: str
    resource_type: str
    is_error: bool
    text: str

    @property
    def cause(self) -> tuple[str, str]:
        """The key of `EXPECTED_WARNINGS` that it may have."""
        return self.rule, self.resource_type

    @property
    def is_expected(self) -> bool:
        """Whether the CDK is known to cause it."""
        return not self.is_error and self.cause in EXPECTED_WARNINGS


def findings(assembly: Path) -> Iterator[Finding]:
    """Errors and warnings of cfn-lint's rules and of ours, which see the assembly as a whole."""
    files = templates(assembly)
    resources = {
        str(file): json.loads(file.read_text(encoding="utf-8"))["Resources"] for file in files
    }
    config = ConfigMixIn(["--regions", REGION, "--", *resources])
    rules = get_rules([str(RULES)], ignore_rules=[], include_rules=["E", "W"])
    for match in run_template_by_file_paths(config, rules):
        path = [*map(str, match.path or ()), "", ""]
        yield Finding(
            rule=match.rule.id,
            resource_type=resources[match.filename].get(path[1], {}).get("Type", ""),
            is_error=match.rule.severity == "error",
            text=f"{Path(match.filename).name}: {match.rule.id} {match.message}",
        )
