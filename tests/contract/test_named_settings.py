"""Whatever a message, a description or a document calls a setting is one."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.sections.section import Section
from infra.settings import StageSettings

ROOT = Path(__file__).parents[2]
SECTIONS = {
    name: field.annotation
    for name, field in StageSettings.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, Section)
}
NAMED = re.compile(rf"(?<![\w./-])({'|'.join(SECTIONS)})\.([a-z_0-9]+)(?![\w-])")
# Words like model.gguf, which are files and pages; hosts go on with a dash, or come after one.
ENDINGS = {"gguf", "html", "txt", "yml"}
PACKAGES = ("delivery", "infra", "operations", "sandbox", "service", "weights")
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def texts(package: str) -> Iterator[tuple[str, str]]:
    """File and text of every string that is written out."""
    for file in sorted((ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield f"{file.relative_to(ROOT)}:{node.lineno}", node.value


def unknown(place: str, text: str) -> list[str]:
    return [
        f"{place} {section}.{key}"
        for section, key in NAMED.findall(text)
        if key not in ENDINGS and key not in SECTIONS[section].model_fields
    ]


@pytest.mark.parametrize("package", PACKAGES)
def test_settings_that_a_program_names_exist(package: str) -> None:
    assert [found for place, text in texts(package) for found in unknown(place, text)] == []


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.name)
def test_settings_that_a_document_names_exist(file: Path) -> None:
    assert unknown(file.name, file.read_text(encoding="utf-8")) == []


def test_names_are_found_and_told_from_files() -> None:
    found = unknown(
        "here",
        "raise task.memory_mib, or lower model.slots; see model.gguf, vpc-flow-logs.amazonaws.com",
    )
    assert found == ["here model.slots"]
