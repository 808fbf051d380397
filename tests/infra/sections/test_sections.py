"""What holds of every section of a stage file."""

from typing import Final

import pytest

from infra.sections.section import Section
from infra.settings import StageSettings

MOST_SETTINGS: Final = 7

SECTIONS: Final = {
    name: field.annotation
    for name, field in StageSettings.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, Section)
}


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_a_section_is_one_idea_of_at_most_seven_settings(name: str) -> None:
    assert len(SECTIONS[name].model_fields) <= MOST_SETTINGS
