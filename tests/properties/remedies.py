"""What a refusal tells a person to do, read as a person would: which setting, and which values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

REMOVED: Final = object()
"""A proposal's value where the setting is to be removed."""

_KEYS: Final = r'(?:[^\s:"]|"(?:[^"\\]|\\.)*")+'
LINE: Final = re.compile(rf"(?P<file>\S+\.toml): (?P<path>{_KEYS}): (?P<text>.*)", re.DOTALL)
_NAME: Final = r"[a-z_0-9]+(?:\.[a-z_0-9]+)*"
_VALUE: Final = r"(?:'[^']*'|-?\d[\d.]*\b|true|false)"
_STEPS: Final = re.compile(r"choose (\d+) to (\d+) in steps of (\d+)")
_BOUND: Final = re.compile(r"choose at (?:least|most) (-?\d[\d.]*)\b")
_LISTED: Final = re.compile(
    rf"choose (?:one of )?({_VALUE}(?:, {_VALUE})*(?: or {_VALUE})?)(?:[;,]|$)"
)
_WRITTEN: Final = re.compile(r"write it like (.+)$")
_OTHER: Final = re.compile(rf"(?:set |or |and )({_NAME}\.{_NAME}) to ({_VALUE})")


@dataclass(frozen=True, slots=True)
class Refusal:
    """One line: a setting's path, and what is said of it."""

    path: str
    text: str

    @property
    def remedy(self) -> str:
        """What to do."""
        return self.text.rpartition("; ")[2]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A setting and the values that a remedy names for it; one of them at least is to be good."""

    path: str
    values: tuple[Any, ...]


def refusals(message: str) -> list[Refusal]:
    """Of a stage that could not be loaded. Raises ValueError where a line is not what it should."""
    found = []
    for line in message.split("\n") if message else ():
        match = LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"no `<file>: <path>: <text>`: {line!r} of {message!r}")
        found.append(Refusal(match["path"], match["text"]))
    return found


def proposals(refusal: Refusal) -> Iterator[Proposal]:
    """Everything that the remedy names a value for."""
    path, remedy = refusal.path, refusal.remedy
    if values := tuple(_values(remedy)):
        yield Proposal(path, values)
    if remedy.startswith("remove it"):
        yield Proposal(path, (REMOVED,))
    for other, value in _OTHER.findall(remedy):
        yield Proposal(other, (_read(value),))


def mentioned(refusal: Refusal) -> Iterator[str]:
    """Other settings that the refusal names in full, or its remedy as those of its section."""
    section = refusal.path.rpartition(".")[0]
    for name in re.findall(rf"\b{_NAME}\b", refusal.text):
        if "." in name:
            yield name
    for name in re.findall(r"\b[a-z_0-9]+\b", refusal.remedy):
        yield f"{section}.{name}"


def _values(remedy: str) -> Iterator[Any]:
    if match := _STEPS.search(remedy):
        low, high, step = map(int, match.groups())
        yield from range(low, high + 1, step)
    elif match := _BOUND.search(remedy):
        yield _read(match[1])
    elif match := _LISTED.search(remedy):
        yield from map(_read, re.findall(_VALUE, match[1]))
    elif (match := _WRITTEN.search(remedy)) and not match[1].startswith("["):
        yield from match[1].split(" or ")
    elif match := re.match(rf"set it to ({_VALUE})", remedy):
        yield _read(match[1])


def _read(text: str) -> Any:
    if text.startswith("'"):
        return text[1:-1]
    if text in ("true", "false"):
        return text == "true"
    return float(text) if "." in text else int(text)
