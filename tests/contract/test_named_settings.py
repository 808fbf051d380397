"""Whatever a message, a description or a document calls a setting is one."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.sections.section import fields, section_in
from infra.settings import StageSettings

ROOT = Path(__file__).parents[2]
SETTINGS = {path for path, _ in fields(StageSettings)}
# Of several sections of a kind each has a name that a person gives it.
MANY = {path.partition(".NAME.")[0] for path in SETTINGS if ".NAME." in path}
SINGLE = {
    name for name, field in StageSettings.model_fields.items() if section_in(field.annotation)
} - MANY
START, END = r"(?<![\w./-])", r"\.([a-z_0-9]+)(?![\w-])"
NAMED = re.compile(rf"{START}({'|'.join(sorted(SINGLE))}){END}")
NAMED_OF_MANY = re.compile(rf"{START}({'|'.join(sorted(MANY))})\.[A-Za-z0-9-]+{END}")
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
    named = [f"{section}.{key}" for section, key in NAMED.findall(text) if key not in ENDINGS]
    of_many = [f"{section}.NAME.{key}" for section, key in NAMED_OF_MANY.findall(text)]
    return [f"{place} {path}" for path in (*named, *of_many) if path not in SETTINGS]


@pytest.mark.parametrize("package", PACKAGES)
def test_settings_that_a_program_names_exist(package: str) -> None:
    assert [found for place, text in texts(package) for found in unknown(place, text)] == []


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.name)
def test_settings_that_a_document_names_exist(file: Path) -> None:
    assert unknown(file.name, file.read_text(encoding="utf-8")) == []


def test_names_are_found_and_told_from_files() -> None:
    found = unknown(
        "here",
        "raise task.memory_mib, or lower model.slots; see model.gguf, vpc-flow-logs.amazonaws.com; "
        "schedules.working-hours.min_tasks, but schedules.NAME.tasks is none",
    )
    assert found == ["here model.slots", "here schedules.NAME.tasks"]
