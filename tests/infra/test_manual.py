"""The README's settings table says what the settings say."""

from infra.manual import settings_table, with_table
from tests.infra.assemblies import ROOT


def test_the_readme_has_the_table_of_today() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert with_table(readme) == readme, "run `make manual`"


def test_every_section_is_in_the_table() -> None:
    table = settings_table()
    for path in ("`endpoint.public`", "`task.cpu`", "`limits.longest_generation_seconds`"):
        assert path in table
