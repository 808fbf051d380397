"""What the settings say of themselves, for readers and for editors: `make manual`.

The README's table, and the JSON Schema that a stage file's first line names.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

from pydantic.fields import FieldInfo

from infra.marks import with_part
from infra.sections.section import fields, section_in
from infra.settings import StageSettings, settings_schema
from infra.stage_files import STAGES

SCHEMA: Final = STAGES / "stage.schema.json"
NOT_IN_THE_FILE: Final = {"name"}


def settings_table() -> str:
    """A Markdown table of every setting: its path in the stage file, default and description."""
    rows = [
        f"| `{path}` | {_default(field)} | {_cell(field.description)} |"
        for path, field in fields(StageSettings)
        if section_in(field.annotation) is None and path not in NOT_IN_THE_FILE
    ]
    return "\n".join(["| setting | default | what it is |", "|---|---|---|", *rows])


def with_table(readme: str) -> str:
    """The README with the table of today."""
    return with_part(readme, "settings", settings_table())


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value: Any = field.default
    if value in (None, (), {}):
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _cell(text: str | None) -> str:
    return (text or "").replace("|", "\\|").replace("\n", " ")


def schema_text() -> str:
    """The JSON Schema of a stage file, as it lies beside the stages."""
    return json.dumps(settings_schema(), indent=2) + "\n"


def main() -> None:
    """Rewrite the table in the README named on the command line, and the schema."""
    readme = Path(sys.argv[1])
    readme.write_text(with_table(readme.read_text(encoding="utf-8")), encoding="utf-8")
    SCHEMA.write_text(schema_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
