"""A component makes at most eight resources itself; those of its own components count for them."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

import pytest

from tests.infra.assemblies import COMPONENTS, VARIANTS, Assembly

MOST: Final = 8


def paths_of_resources(assembly: Assembly) -> Iterator[str]:
    """The path of the construct that made each resource of a template."""
    for stack, template in assembly.templates.items():
        for path, notes in assembly.report(f"{stack}.metadata.json").items():
            ids = (note["data"] for note in notes if note["type"] == "aws:cdk:logicalId")
            yield from (path for logical_id in ids if logical_id in template["Resources"])


def component_around(path: str, components: dict[str, str]) -> str:
    """The nearest one; none at a stack."""
    while path and path not in components:
        path = path.rpartition("/")[0]
    return f"{components[path]} {path}" if path else ""


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_component_makes_at_most_eight_resources_itself(
    variant: str, synthesised: Callable[[str], Assembly]
) -> None:
    assembly = synthesised(variant)
    components = assembly.report(COMPONENTS)
    paths = list(paths_of_resources(assembly))
    assert len(paths) == sum(len(each["Resources"]) for each in assembly.templates.values())
    made = Counter(component_around(path, components) for path in paths)
    del made[""]
    assert made
    assert {name: count for name, count in made.items() if count > MOST} == {}
