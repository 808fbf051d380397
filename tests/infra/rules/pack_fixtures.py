"""The rules of the pack, and a failing and a passing template for each."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from cfnlint.config import ConfigMixIn  # type: ignore[import-untyped]
from cfnlint.decode import decode  # type: ignore[import-untyped]
from cfnlint.runner import Runner  # type: ignore[import-untyped]

from infra.lint import RULES, lint, pack

FIXTURES: Final = Path(__file__).parent / "fixtures"
PACK: Final[dict[str, Any]] = dict(sorted(pack().items()))


def fixture(rule: str, name: str) -> Path:
    """The template in which a rule finds something (`bad`), or nothing (`good`)."""
    return FIXTURES / rule / f"{name}.yaml"


def template_of(rule: str, name: str) -> dict[str, Any]:
    """A fixture, to be changed: read by cfn-lint, which knows `!Ref`."""
    content, _ = decode(str(fixture(rule, name)))
    return dict(json.loads(json.dumps(content)))


def rules(folder: Path, template: dict[str, Any]) -> list[str]:
    """The rules that find something in a template of a folder."""
    file = folder / "stack.template.json"
    file.write_text(yaml.safe_dump(template), encoding="utf-8")
    return [match.rule.id for match in lint([file])]


def found(file: Path) -> set[str]:
    """The ids of the rules, cfn-lint's own and ours, that find something in a fixture."""
    return {match.rule.id for match in matches().get(file, [])}


@cache
def matches() -> dict[Path, list[Any]]:
    """What cfn-lint finds with the pack, by fixture; all in one run, because its start is long."""
    files = [str(file) for file in sorted(FIXTURES.glob("*/*.yaml"))]
    runner = Runner(ConfigMixIn(["--append-rules", str(RULES), "--", *files]))
    by_file: dict[Path, list[Any]] = {}
    for match in runner.run():
        by_file.setdefault(Path(match.filename), []).append(match)
    return by_file
