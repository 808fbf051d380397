"""What holds of every section of a stage file."""

from typing import Final

import pytest

from infra.sections.section import fields, section_in
from infra.settings import StageSettings

MOST_SETTINGS: Final = 7

SECTIONS: Final = {
    path: section
    for path, field in fields(StageSettings)
    if (section := section_in(field.annotation))
}


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_a_section_is_one_idea_of_at_most_seven_settings(name: str) -> None:
    assert len(SECTIONS[name].model_fields) <= MOST_SETTINGS
