"""The rules of the pack, and a failing and a passing template for each."""

from functools import cache
from pathlib import Path
from typing import Any, Final

from cfnlint.config import ConfigMixIn  # type: ignore[import-untyped]
from cfnlint.runner import Runner  # type: ignore[import-untyped]

from infra.lint import RULES, pack

FIXTURES: Final = Path(__file__).parent / "fixtures"
PACK: Final[dict[str, Any]] = dict(sorted(pack().items()))


def fixture(rule: str, name: str) -> Path:
    """The template in which a rule finds something (`bad`), or nothing (`good`)."""
    return FIXTURES / rule / f"{name}.yaml"


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
