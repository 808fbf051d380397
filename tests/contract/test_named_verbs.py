"""Whatever a document or a message calls a verb of the Makefile is one."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.test_named_settings import PACKAGES, ROOT, texts

VERBS = frozenset(re.findall(r"^([a-z0-9-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
NAMED = re.compile(r"\bmake ([a-z][a-z0-9-]*)")
# Of a program's own words those that are marked as code, or that go on with a variable.
NAMED_IN_TEXT = re.compile(r"\bmake ([a-z][a-z0-9-]*)(?=`| [A-Z_]+=)")
DOCUMENTS = [
    ROOT / "README.md",
    *sorted(
        file
        for folder in ("bench", "client", "delivery", "docs", "infra", "operations", "service")
        for file in (ROOT / folder).rglob("*.md")
    ),
]


def named(document: str) -> Iterator[str]:
    """The verbs in a document's code: elsewhere one may make sure."""
    for code in CODE.findall(document):
        yield from NAMED.findall(code)


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_verbs_that_a_document_names_exist(file: Path) -> None:
    assert set(named(file.read_text(encoding="utf-8"))) - VERBS == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_verbs_that_a_program_names_exist(package: str) -> None:
    unknown = [
        f"{place} {verb}"
        for place, text in texts(package)
        for verb in NAMED_IN_TEXT.findall(text)
        if verb not in VERBS
    ]
    assert unknown == []


def test_verbs_are_found_in_code_and_told_from_words() -> None:
    document = "Then make sure: `make up`, or\n```sh\nmake check  # all\nmake synth-all\n```\n"
    assert list(named(document)) == ["up", "check", "synth-all"]
    assert "synth-all" not in VERBS
    assert NAMED_IN_TEXT.findall("run `make down`, make sure, make deploy STAGE=dev") == [
        "down",
        "deploy",
    ]
