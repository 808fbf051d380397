"""A component makes at most eight resources itself; those of its own components count for them."""

from collections import Counter
from pathlib import Path
from typing import Final

import pytest
from aws_cdk import App, CfnResource
from constructs import IConstruct

from infra.build import build
from tests.infra.assemblies import VARIANTS, context

MOST: Final = 8


def component_of(construct: IConstruct) -> str:
    """The class under infra/components that the nearest one around it has; none at a stack."""
    for scope in reversed(construct.node.scopes):
        if type(scope).__module__.startswith("infra.components"):
            return f"{type(scope).__name__} {scope.node.path}"
    return ""


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_component_makes_at_most_eight_resources_itself(variant: str, tmp_path: Path) -> None:
    app = App(context=context(), outdir=str(tmp_path))
    build(app, VARIANTS[variant].settings())
    made = Counter(
        component_of(each) for each in app.node.find_all() if CfnResource.is_cfn_resource(each)
    )
    del made[""]
    assert {name: count for name, count in made.items() if count > MOST} == {}
