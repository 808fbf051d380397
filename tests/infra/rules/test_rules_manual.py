"""The table of rules is that of the rules."""

from infra.rules_manual import with_rules
from tests.infra.assemblies import ROOT
from tests.infra.rules.pack_fixtures import PACK


def test_the_document_has_the_table_of_today() -> None:
    document = (ROOT / "docs/rules.md").read_text(encoding="utf-8")
    assert with_rules(document) == document, "run `make manual`"
    assert all(f"| {rule} |" in document for rule in PACK)
