"""cfn-lint over the templates: what CloudFormation's own schemas refuse, and our rule pack."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cfnlint import api  # type: ignore[import-untyped]  # it ships no types
from cfnlint.config import ConfigMixIn  # type: ignore[import-untyped]
from cfnlint.runner import Runner  # type: ignore[import-untyped]

from infra.acknowledgements import OF_OUR_RULES
from infra.lint import lint, templates
from tests.infra.assemblies import VARIANTS, Assembly


@cache
def rules() -> Any:
    """cfn-lint's own, without ours; each load of them takes half a second."""
    return Runner(ConfigMixIn([])).rules


# Together they have every feature; linting takes seconds, so no variant twice the same.
@pytest.mark.parametrize(
    ("variant", "stack"),
    [
        *(("guarded-api", "Inference"), ("hosted-zone", "Inference"), ("prod", "Inference")),
        *(("watched", "Inference"), ("existing-vpc-closed", "Inference"), ("no-nat", "Network")),
    ],
)
def test_cfn_lint_finds_no_error(
    variant: str, stack: str, synthesised: Callable[[str], Assembly]
) -> None:
    template = synthesised(variant).directory / f"{stack}.template.json"
    matches = api.lint(template.read_text(encoding="utf-8"), rules=rules())
    found = [match for match in matches if match.rule.severity == "error"]
    assert [f"{match.rule.id} {match.message}" for match in found] == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_rule_pack_finds_nothing(variant: str, synthesised: Callable[[str], Assembly]) -> None:
    assembly = synthesised(variant).directory
    assert [f"{match.rule.id} {match.message}" for match in lint(templates(assembly))] == []


def test_what_is_acknowledged_would_be_found(tmp_path: Path, prod: Assembly) -> None:
    for name, template in prod.templates.items():
        bare = json.loads(json.dumps(template))
        for body in bare["Resources"].values():
            body.get("Metadata", {}).pop("cfn-lint", None)
        (tmp_path / f"{name}.template.json").write_text(json.dumps(bare), encoding="utf-8")
    found = {match.rule.id for match in lint(templates(tmp_path))}
    assert found == {rule for acknowledged in OF_OUR_RULES for rule in acknowledged.rules}
