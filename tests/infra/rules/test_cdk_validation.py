"""The CDK's own validation and our rules: what the one finds the other need not."""

from collections.abc import Callable
from pathlib import Path

import jsii
import pytest
from aws_cdk import (
    App,
    CloudFormationValidatePlugin,
    IPolicyValidationContext,
    PolicyValidationStack,
)

from infra.lint import templates
from tests.infra.assemblies import VARIANTS, Assembly
from tests.infra.rules.pack_fixtures import FIXTURES


@jsii.implements(IPolicyValidationContext)
class Templates:
    """Templates as the CDK hands them to a plugin."""

    def __init__(self, *files: Path) -> None:
        self._files = files
        self._app = App()

    @property
    def app_construct(self) -> App:
        return self._app

    @property
    def stack_templates(self) -> list[PolicyValidationStack]:
        return [
            PolicyValidationStack(template_path=str(file), stack_construct_path=file.parent.name)
            for file in self._files
        ]

    @property
    def template_paths(self) -> list[str]:
        return [str(file) for file in self._files]

    @property
    def account_id(self) -> None:
        return None

    @property
    def region(self) -> None:
        return None


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A template with a property that does not exist."""
    template = tmp_path_factory.mktemp("known") / "wrong.yaml"
    template.write_text("Resources: {Log: {Type: 'AWS::Logs::LogGroup', Properties: {Name: x}}}")
    return template


@pytest.fixture(scope="module")
def found(known: Path, synthesised: Callable[[str], Assembly]) -> set[Path]:
    """The templates in which it finds something. All at once: its start takes seconds."""
    ours = [file for variant in VARIANTS for file in templates(synthesised(variant).directory)]
    given = Templates(known, *FIXTURES.glob("*/bad.yaml"), *ours)
    return {
        Path(construct.template_path)
        for violation in CloudFormationValidatePlugin().validate(given).violations
        for construct in violation.violating_resources
        if construct.template_path
    }


def test_it_finds_what_it_knows_and_none_of_what_our_rules_find(
    found: set[Path], known: Path
) -> None:
    assert known in found
    assert {file for file in found if file.is_relative_to(FIXTURES)} == set()


@pytest.mark.parametrize("variant", VARIANTS)
def test_it_finds_nothing_in_a_stage(
    variant: str, found: set[Path], synthesised: Callable[[str], Assembly]
) -> None:
    assert found.isdisjoint(templates(synthesised(variant).directory))
