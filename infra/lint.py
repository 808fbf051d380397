"""The rule pack alone over templates, in a second: before a deploy, in `make check` and in tests.

With all of cfn-lint's own rules, which take longer: `make lint-template`.
"""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from cfnlint.config import ConfigMixIn  # type: ignore[import-untyped]
from cfnlint.rules import Rules  # type: ignore[import-untyped]
from cfnlint.runner.template import (  # type: ignore[import-untyped]
    run_template_by_file_paths,
)

RULES: Final = Path(__file__).parent / "rules"


def pack() -> Any:
    """The rules, as cfn-lint loads them from the folder."""
    return Rules.create_from_directory(str(RULES))


def templates(place: Path) -> list[Path]:
    """The templates of a cloud assembly, with those of nested stacks and stages; or the one."""
    return sorted(place.rglob("*.template.json")) if place.is_dir() else [place]


def lint(files: Iterable[Path]) -> list[Any]:
    """cfn-lint's matches of the pack's rules."""
    config = ConfigMixIn(["--", *map(str, files)])
    return list(run_template_by_file_paths(config, pack()))


def report(files: Sequence[Path]) -> list[Any]:
    """Lint, and print a line for each finding; the findings."""
    found = lint(files)
    for match in found:
        print(f"{match.filename}:{match.linenumber}: {match.rule.id} {match.message}")
    return found


def main() -> int:
    """Lint the templates and assemblies on the command line; 1 where a finding is an error."""
    places = [Path(argument) for argument in sys.argv[1:]]
    found = report([file for place in places for file in templates(place)])
    return int(any(match.rule.severity == "error" for match in found))


if __name__ == "__main__":
    sys.exit(main())
