"""What holds data, or an identity that others know, is what pins.py lists, and nothing else."""

from collections.abc import Callable

from delivery.schemas import stateful_types
from tests.infra.assemblies import VARIANTS, Assembly
from tests.infra.pins import held, pinned


def test_what_holds_data_or_an_identity_is_what_is_pinned(
    synthesised: Callable[[str], Assembly],
) -> None:
    found = {item for variant in VARIANTS for item in held(synthesised(variant))}
    assert found == pinned(), "read the docstring of pins.py before you change the list"


def test_whatever_holds_data_says_what_becomes_of_it(
    synthesised: Callable[[str], Assembly],
) -> None:
    for variant in VARIANTS:
        for template in synthesised(variant).templates.values():
            for logical_id, body in template["Resources"].items():
                if body["Type"] in stateful_types():
                    assert {"DeletionPolicy", "UpdateReplacePolicy"} <= body.keys(), logical_id


def test_every_stage_has_what_all_data_and_all_callers_depend_on(
    synthesised: Callable[[str], Assembly],
) -> None:
    always = {"Repository22E53BBD", "KeysSecret88F3B70F", "TaskLog2A1470CD"}
    for variant in VARIANTS:
        assert always <= {logical_id for _, _, logical_id in held(synthesised(variant))}
