"""A pin is an order to the CLI, and nothing that a deployed stage would notice."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.infra import assemblies
from tests.infra.assemblies import VARIANTS, Assembly

PIN = {"account": "123456789012", "region": "us-east-1"}
# Between them they have every stack, and every resource that could name an account or a region.
COMPARED = ("governed", "dev-function", "hosted-zone")


def pinned(variant: str, **pin: str) -> Assembly:
    unpinned = VARIANTS[variant]
    return assemblies.synthesised(replace(unpinned, changes={**unpinned.changes, "deploy": pin}))


@pytest.mark.parametrize("variant", COMPARED)
def test_no_template_changes_when_a_pin_is_added(
    variant: str, synthesised: Callable[[str], Assembly]
) -> None:
    before, after = synthesised(variant), pinned(variant, **PIN)
    assert after.templates == before.templates
    assert "missing" not in after.manifest


def test_every_stack_is_pinned_to_account_and_region() -> None:
    assembly = pinned("governed", **PIN)
    places = {assembly.manifest["artifacts"][name]["environment"] for name in assembly.templates}
    assert places == {"aws://123456789012/us-east-1"}


@pytest.mark.parametrize(
    ("pin", "place"),
    [
        ({"account": "123456789012"}, "aws://123456789012/unknown-region"),
        ({"region": "eu-west-1"}, "aws://unknown-account/eu-west-1"),
    ],
)
def test_one_may_be_pinned_without_the_other(pin: dict[str, str], place: str) -> None:
    assembly = pinned("local", **pin)
    assert {assembly.manifest["artifacts"][name]["environment"] for name in assembly.templates} == {
        place
    }


@pytest.mark.parametrize("variant", VARIANTS)
def test_no_template_names_a_partition_so_that_it_holds_in_china_and_govcloud(
    variant: str, synthesised: Callable[[str], Assembly]
) -> None:
    settings = VARIANTS[variant].settings()
    named = str(settings.model_dump())
    for name, template in synthesised(variant).templates.items():
        literal = [text for text in strings(template) if "arn:aws" in text and text not in named]
        assert literal == [], name


def strings(node: object) -> list[str]:
    """Every text in a template."""
    if isinstance(node, str):
        return [node]
    items = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [text for item in items for text in strings(item)]
