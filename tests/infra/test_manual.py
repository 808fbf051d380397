"""The README's settings table says what the settings say."""

import pytest

from infra.manual import SCHEMA, schema_text, settings_table, with_table
from infra.sections.section import fields, section_in
from infra.settings import StageSettings
from infra.stage_files import STAGES, stage_names
from tests.infra.assemblies import ROOT


def test_the_readme_has_the_table_of_today() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert with_table(readme) == readme, "run `make manual`"


def test_every_section_is_in_the_table() -> None:
    table = settings_table()
    sections = [path for path, field in fields(StageSettings) if section_in(field.annotation)]
    assert [path for path in sections if f"\n| `{path}." not in table] == []


def test_the_schema_that_editors_read_is_that_of_today() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema_text(), "run `make manual`"


@pytest.mark.parametrize("stage", stage_names())
def test_every_stage_file_names_its_schema(stage: str) -> None:
    first, *_ = (STAGES / f"{stage}.toml").read_text(encoding="utf-8").splitlines()
    assert (STAGES / first.removeprefix("#:schema ")).resolve() == SCHEMA
