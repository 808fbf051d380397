"""The CDK's own validation and our rules: what the one finds the other need not."""

from pathlib import Path

import jsii
from aws_cdk import (
    App,
    CloudFormationValidatePlugin,
    IPolicyValidationContext,
    PolicyValidationStack,
)

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


def test_it_finds_what_it_knows_and_none_of_what_our_rules_find(tmp_path: Path) -> None:
    known = tmp_path / "known" / "wrong.yaml"
    known.parent.mkdir()
    known.write_text("Resources: {Log: {Type: 'AWS::Logs::LogGroup', Properties: {Name: x}}}")
    # At once: its start takes longer than all templates.
    templates = Templates(known, *sorted(FIXTURES.glob("*/bad.yaml")))
    report = CloudFormationValidatePlugin().validate(templates)
    found = {
        construct.template_path
        for violation in report.violations
        for construct in violation.violating_resources
    }
    assert found == {str(known)}
