"""Holds what is said of an invalid stage to its form: file, path, value and remedy in a line."""

from __future__ import annotations

import copy
import datetime
import re
from dataclasses import dataclass, field
from typing import Any, Final

from tests.properties.files import Values, refused
from tests.properties.mutations import Broken
from tests.properties.paths import put
from tests.properties.remedies import Proposal, Refusal, proposals, refusals
from tests.properties.rules import Hits
from tests.properties.space import SETTINGS
from tests.properties.stages import setting_of

# How pydantic speaks where nobody has said it in our words.
FOREIGN: Final = re.compile(r"Input should|Value error|validation error|Extra inputs")
MOST_STEPS: Final = 6
UNKNOWN: Final = "but there is no such setting; "


@dataclass
class Refused:
    """How many broken stages were refused, and what became of those who did as they were told."""

    stages: int = 0
    still_valid: int = 0
    lines: int = 0
    proposals: int = 0
    good_at_once: int = 0
    hits: Hits = field(default_factory=Hits)


def hold(broken: Broken, tally: Refused) -> None:
    """Raises AssertionError where the refusal is not what it should be."""
    with tally.hits.watching():
        message = refused(broken.values, name=broken.name)
    if message is None:
        assert broken.path is None, f"accepted: {broken.path} = {broken.value!r}"
        tally.still_valid += 1
        return
    lines = refusals(message)
    for line in lines:
        assert message.startswith(f"{broken.name}.toml: ")
        hold_form(line)
    _hold_place(broken, lines)
    for line in lines:
        for proposal in proposals(line):
            tally.good_at_once += _hold_proposal(broken, line, proposal)
            tally.proposals += 1
    tally.stages += 1
    tally.lines += len(lines)


def hold_each(wrong: Values) -> None:
    """Raises where one of several settings, each refused by itself, gets no line of its own."""
    values: Values = {}
    for path, value in wrong.items():
        put(values, path, value)
    lines = refusals(refused(values) or "")
    for line in lines:
        hold_form(line)
    told = [setting_of(line.path) for line in lines]
    accepted = {path: value for path, value in wrong.items() if path not in told}
    assert accepted == {}, f"accepted: {accepted}"
    others = [line for line in lines if setting_of(line.path) not in wrong]
    assert others == [], others
    for line in lines:
        value = wrong.get(line.path)
        assert value is None or line.text.startswith(f"got {shown(value)}"), line


def hold_form(line: Refusal) -> None:
    """Raises where it lacks a part, is not in our words, or is of no setting."""
    assert line.text.startswith("got "), line
    assert "; " in line.text, line
    assert line.remedy == line.remedy.strip() != "", line
    assert not FOREIGN.search(line.text), line
    assert line.text.isprintable(), line
    assert setting_of(line.path) in SETTINGS or _is_section(line.path) or UNKNOWN in line.text, line


def _is_section(path: str) -> bool:
    return any(setting.startswith(f"{path}.") for setting in SETTINGS)


def _hold_place(broken: Broken, lines: list[Refusal]) -> None:
    """What is wrong whatever the rest is, is said once, with its value."""
    if broken.path is None:
        return
    (first, *more) = [
        line for line in lines if line.path == broken.path or setting_of(line.path) == broken.path
    ]
    assert isinstance(broken.value, list) or more == []
    assert first.path != broken.path or first.text.startswith(f"got {shown(broken.value)}"), first


def shown(value: Any) -> str:
    """A value as a person has written it."""
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "none"
    if isinstance(value, dict):
        return "a section"
    written_bare = isinstance(value, datetime.date | datetime.time)
    return value.isoformat() if written_bare else repr(value)


def _hold_proposal(broken: Broken, line: Refusal, proposal: Proposal) -> bool:
    """Whether nothing is said of the setting any more. Raises where doing as told leads nowhere."""
    values, told = broken.values, {line}
    for step in range(MOST_STEPS):
        values, left = _follow(values, broken.name, line, proposal)
        if not left:
            return step == 0
        line = left[0]
        assert line not in told, f"{told} lead to {line} again"
        told.add(line)
        following = next(proposals(line), None)
        if following is None:
            return False
        proposal = following
    raise AssertionError(f"{told} do not end")


def _follow(
    values: Values, name: str, line: Refusal, proposal: Proposal
) -> tuple[Values, list[Refusal]]:
    """The content with the best of the proposed values, and what is then said of the setting."""
    tried = []
    for value in proposal.values:
        changed: Values = copy.deepcopy(values)
        put(changed, proposal.path, value)
        message = refused(changed, name=name)
        left = [other for other in refusals(message or "") if other.path == line.path]
        if not left:
            return changed, left
        tried.append((changed, left))
    return tried[0]
