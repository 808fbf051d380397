"""Every bound of every setting refuses, and every other type: none is left to chance."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import strategies as st

from tests.properties.files import Values
from tests.properties.refusing import hold_each
from tests.properties.runs import offer
from tests.properties.space import SETTINGS
from tests.properties.wrong_values import OUTSIDE, SECTIONS, WRONG

EXAMPLES = 3


def hold_examples(values: st.SearchStrategy[Values]) -> None:
    """A few of these, each of which holds what is refused whatever the rest is."""
    held: list[Values] = []

    def each(wrong: Values) -> None:
        hold_each(wrong)
        held.append(wrong)

    if (error := offer(values, each, examples=EXAMPLES, first=1)) is not None:
        raise error
    assert held


def rounds(places: Iterable[str]) -> list[dict[str, st.SearchStrategy[Any]]]:
    """One type for each place at a time, until all types have had their turn."""
    kinds = {path: WRONG[path] for path in places}
    most = max(map(len, kinds.values()))
    return [{path: kinds[path][n] for path in kinds if n < len(kinds[path])} for n in range(most)]


@pytest.mark.parametrize("places", [SETTINGS, SECTIONS])
def test_no_setting_and_no_section_takes_another_type(places: Iterable[str]) -> None:
    for wrong in rounds(places):
        hold_examples(st.fixed_dictionaries(wrong))


@pytest.mark.parametrize("path", [path for path, kinds in OUTSIDE.items() if kinds])
def test_no_setting_goes_beyond_any_of_its_bounds(path: str) -> None:
    for wrong in OUTSIDE[path]:
        hold_examples(st.fixed_dictionaries({path: wrong}))


def test_every_setting_has_values_of_another_type_and_most_have_bounds() -> None:
    assert all(WRONG[path] for path in SETTINGS)
    free = {path for path, kinds in OUTSIDE.items() if not kinds}
    assert {SETTINGS[path].field.annotation for path in free} <= {bool, int}
