"""docs/json-lines.md says what programs are told: the kinds, their keys, and how it ends."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from delivery.assemblies import ROOT
from delivery.deploying.news import BEGIN, FORMAT, KINDS, RESULT, START
from delivery.deploying.outcome import Outcome

MANUAL = (ROOT / "docs/json-lines.md").read_text(encoding="utf-8")
SOURCES = sorted((ROOT / "delivery").rglob("*.py"))
NAMED = {"BEGIN": BEGIN, "RESULT": RESULT, "START": START}


def rows(header: str) -> Iterator[list[str]]:
    """The cells of the table with this header."""
    _, _, table = MANUAL.partition(f"| {header} |")
    for line in table.split("\n\n")[0].splitlines()[2:]:
        yield [cell.strip() for cell in line.strip("|").split("|")]


def words(cell: str) -> tuple[str, ...]:
    return tuple(re.findall(r"`([^`]+)`", cell))


def test_table_has_every_kind_with_its_keys_in_their_order() -> None:
    told = {words(kind)[0]: words(keys) for kind, keys, _ in rows("kind | keys | when")}
    assert told == dict(KINDS)
    assert list(told) == list(KINDS)
    assert f"`format` is {FORMAT} |" in MANUAL


def test_table_has_every_end_of_a_deploy_with_its_exit_status() -> None:
    ends = rows("`outcome` | `exit_status` | means")
    told = {words(word)[0]: int(status) for word, status, _ in ends}
    of_others = {Outcome.USAGE, Outcome.UNWELL}
    assert told == {item.word: item.status for item in Outcome if item not in of_others}


def kinds_told(file: Path) -> Iterator[str]:
    """Of all news that a module makes."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "News":
            kind = node.args[0]
            yield NAMED[kind.id] if isinstance(kind, ast.Name) else ast.literal_eval(kind)


def test_nothing_is_told_of_a_kind_that_is_not_in_the_table() -> None:
    told = {kind for file in SOURCES for kind in kinds_told(file)}
    assert told == set(KINDS)


@pytest.mark.parametrize("kind", list(KINDS))
def test_no_key_of_a_kind_hides_one_that_every_line_has(kind: str) -> None:
    assert not {"at", "kind", "level", "text", "lines"} & set(KINDS[kind])
