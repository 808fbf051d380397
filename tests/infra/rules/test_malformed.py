"""A template that is wrong in its form is cfn-lint's to refuse: our rules read on."""

import copy
from collections.abc import Iterator
from typing import Any, Final

import pytest
from cfnlint.template import Template  # type: ignore[import-untyped]

from tests.infra.rules.pack_fixtures import PACK, template_of

# One with many kinds of resources, which refer to each other.
WHOLE: Final = template_of("E9553", "bad")
VALUES: Final = [
    *(None, [], {}, "x", 1, [None], [[1]]),
    *({"Ref": 1}, {"Ref": "Nowhere"}, {"Fn::GetAtt": ["Service"]}, {"Fn::ImportValue": 1}),
    *({"Fn::If": ["Nowhere", 1, 2]}, {"Fn::If": [1, 2]}, {"Fn::Select": ["a", [1]]}),
    *({"Fn::Sub": 1}, {"Fn::Sub": ["${a}"]}, {"Fn::Join": [1]}, {"Fn::FindInMap": [1, 2, 3]}),
]


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in a template."""
    items = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in items:
        yield (*path, key)
        if isinstance(value, (dict, list)):
            yield from places(value, (*path, key))


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_no_rule_stumbles_over_a_value_of_a_wrong_shape(value: Any) -> None:
    below_resources = [path for path in places(WHOLE) if len(path) > 2]
    for *path, last in below_resources[VALUES.index(value) % 16 :: 16]:
        template = copy.deepcopy(WHOLE)
        node = template
        for key in path:
            node = node[key]
        node[last] = value
        read = Template(None, template)
        for rule in PACK.values():
            messages = [match.message for match in rule.match(read)]
            assert all(": got " in message for message in messages)
