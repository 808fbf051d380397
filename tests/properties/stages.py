"""Draws valid stages: each value by itself first, then as the refusals say, until none is left."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from hypothesis import strategies as st

from tests.properties import space
from tests.properties.files import Values, refused
from tests.properties.paths import put, value_at
from tests.properties.remedies import REMOVED, Refusal, mentioned, proposals, refusals
from tests.properties.space import OPTIONS, SETTINGS, VALUES
from tests.properties.steering import mended_by_hand, steer

MOST_ROUNDS: Final = 12
# What few stages would have by luck alone, and mending would take from those: two of these a stage.
WISHES: Final = [
    (path, option)
    for path, options in OPTIONS.items()
    for option in options
    if path in SETTINGS and option != SETTINGS[path].field.default
]
WISHES_AT_ONCE: Final = 2


@dataclass
class Yield:
    """How often drawing came to a valid stage, and by how many rounds of mending."""

    rounds: Counter[int] = field(default_factory=Counter)
    drawn_settings: int = 0
    kept_settings: int = 0

    def note(self, values: Values, chosen: Values, *, rounds: int) -> None:
        """One more stage, of these chosen values."""
        self.rounds[rounds] += 1
        self.drawn_settings += len(chosen)
        self.kept_settings += sum(value_at(values, path) == chosen[path] for path in chosen)

    def add(self, other: Yield) -> None:
        """What another process has drawn."""
        self.rounds.update(other.rounds)
        self.drawn_settings += other.drawn_settings
        self.kept_settings += other.kept_settings

    def __str__(self) -> str:
        """One line for a person."""
        at_once = self.rounds[0]
        return (
            f"{self.rounds.total()} valid stages drawn, {at_once} of them at once, the others "
            f"after {max(self.rounds, default=0)} rounds of mending at most; they kept "
            f"{self.kept_settings} of {self.drawn_settings} values"
        )


@st.composite
def valid_stages(
    draw: st.DrawFn, counted: Yield | None = None, counts: st.SearchStrategy[int] = space.MANY
) -> tuple[str, Values]:
    """A name and the content of a file that loads."""
    name = draw(space.names())
    chosen = draw(space.chosen(counts))
    values: Values = {}
    for path, value in chosen.items():
        put(values, path, value)
    wished = dict(draw(st.tuples(*[st.sampled_from(WISHES)] * WISHES_AT_ONCE)))
    for path, value in wished.items():
        put(values, path, value)
    steer(draw, values)
    rounds = 0
    while message := refused(values, name=name):
        rounds += 1
        if rounds == MOST_ROUNDS:
            values.clear()
        elif rounds > MOST_ROUNDS // 2:
            put(values, draw(st.sampled_from(_concerned(values, message))), REMOVED)
        else:
            for refusal in refusals(message):
                _mend(draw, values, refusal, wished)
    if counted is not None:
        counted.note(values, chosen, rounds=rounds)
    return name, values


def _mend(draw: st.DrawFn, values: Values, refusal: Refusal, wished: Values) -> None:
    """Do what the refusal says; where it names no value, remove the setting or draw one."""
    path = refusal.path if value_at(values, refusal.path) is not None else setting_of(refusal.path)
    if mended_by_hand(draw, values, refusal):
        return
    if path in wished and (others := _in_the_way(values, refusal, wished)):
        put(values, draw(st.sampled_from(others)), REMOVED)
        return
    if (other := _missing(values, refusal)) and (path in wished or draw(st.booleans())):
        put(values, other, draw(VALUES[other].filter(bool)))
    elif named := [each for each in proposals(refusal) if each.path == path]:
        put(values, path, draw(st.sampled_from(named[0].values)))
    elif value_at(values, path) is not None or path not in SETTINGS:
        put(values, path, REMOVED)
    else:
        put(values, path, draw(VALUES[path]))


def _concerned(values: Values, message: str) -> list[str]:
    """The sections between which a rule is broken: one of them can be as it is by default."""
    paths = [path for line in refusals(message) for path in (line.path, *mentioned(line))]
    named = {path.partition(".")[0] for path in paths}
    return sorted(named & set(values)) or sorted(values)


def _in_the_way(values: Values, refusal: Refusal, wished: Values) -> list[str]:
    """The other settings that the refusal names, and that nobody wished for."""
    named = {path for path in mentioned(refusal) if value_at(values, path) is not None}
    return sorted((named & SETTINGS.keys()) - wished.keys())


def _missing(values: Values, refusal: Refusal) -> str | None:
    """A setting that the refusal names, and that the file does not have, or has as nothing."""
    for path in mentioned(refusal):
        if path in SETTINGS and path != refusal.path and not value_at(values, path):
            return path
    return None


def setting_of(path: str) -> str:
    """The setting that a refused path is of: an item's is its list."""
    while path not in SETTINGS and "." in path:
        path = path.rpartition(".")[0]
    return path
