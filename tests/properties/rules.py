"""Which rules there are in the source of `infra/`, and which of them refused something."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, Final

INFRA: Final = Path(__file__).parents[2] / "infra"
# A rule refuses by one of these. The two files hand on what others have refused.
REFUSING: Final = ("Problem", "PydanticCustomError", "_Wrong")
HANDING_ON: Final = ("settings.py", "stage_files.py")


@dataclass(frozen=True, slots=True, order=True)
class Rule:
    """A place in the source that refuses a stage."""

    file: str
    first_line: int
    last_line: int
    within: str

    def __str__(self) -> str:
        """As a compiler would point at it."""
        return f"{self.file}:{self.first_line} ({self.within})"


@cache
def rules() -> tuple[Rule, ...]:
    """All of them."""
    files = (file for file in sorted(INFRA.rglob("*.py")) if file.name not in HANDING_ON)
    # Of functions within functions the inner one comes later, and says more.
    found = {(rule.file, rule.first_line): rule for file in files for rule in _rules(file)}
    return tuple(sorted(found.values()))


def _rules(file: Path) -> Iterator[Rule]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) in REFUSING:
                last = node.end_lineno or node.lineno
                yield Rule(str(file.relative_to(INFRA)), node.lineno, last, function.name)


@dataclass
class Hits:
    """The lines of `infra/` that ran while it watched."""

    lines: set[tuple[str, int]] = field(default_factory=set)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Note each line; as slow as a debugger, but for `infra/` only."""
        before = sys.gettrace()
        sys.settrace(self._entered)
        try:
            yield
        finally:
            sys.settrace(before)

    def _entered(self, frame: FrameType, event: str, argument: Any) -> Any:
        return self._line if frame.f_code.co_filename.startswith(str(INFRA)) else None

    def _line(self, frame: FrameType, event: str, argument: Any) -> Any:
        file = Path(frame.f_code.co_filename).relative_to(INFRA)
        self.lines.add((str(file), frame.f_lineno))
        return self._line

    def hit(self, rule: Rule) -> bool:
        """Whether the rule refused something."""
        return any(
            (rule.file, line) in self.lines for line in range(rule.first_line, rule.last_line + 1)
        )
