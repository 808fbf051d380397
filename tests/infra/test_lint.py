"""cfn-lint over the templates: what CloudFormation's own schemas refuse."""

from collections.abc import Callable

import pytest
from cfnlint.api import lint  # type: ignore[import-untyped]  # it ships no types
from cfnlint.config import ManualArgs  # type: ignore[import-untyped]

from tests.infra.assemblies import Assembly


# Together they have every feature; linting takes seconds, so no variant twice the same.
@pytest.mark.parametrize("variant", ["guarded-api", "hosted-zone", "prod", "watched"])
def test_cfn_lint_finds_no_error(variant: str, synthesised: Callable[[str], Assembly]) -> None:
    template = synthesised(variant).directory / "Inference.template.json"
    arguments = ManualArgs(regions=["us-east-1"])
    matches = lint(template.read_text(encoding="utf-8"), config=arguments)
    found = [match for match in matches if match.rule.severity == "error"]
    assert [f"{match.rule.id} {match.message}" for match in found] == []
