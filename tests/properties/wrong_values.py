"""Values that a setting refuses whatever the others are: of another type, or beyond its bounds."""

from __future__ import annotations

import datetime
import re
import types
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel

from tests.properties.space import (
    LARGEST,
    SETTINGS,
    base_of,
    constraints_of,
    section_of,
    table_of,
    values_of,
)
from tests.properties.well_formed import checked_by, has_form, refusal_of

Wrong = st.SearchStrategy[Any]
Strategies = Mapping[str, list[Wrong]]
"""By the place: values of several kinds, each of which is refused there."""

# A value of each of TOML's types. Where a fraction may stand, so may a whole number.
OF_TYPE: Final[dict[type, st.SearchStrategy[Any]]] = {
    bool: st.booleans(),
    int: st.integers(-LARGEST - 1, LARGEST),
    float: st.floats(),
    str: st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    list: st.lists(st.one_of(st.integers(0, 9), st.text(max_size=3)), max_size=3),
    dict: st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), st.integers(0, 9)),
    datetime.datetime: st.datetimes(),
    datetime.date: st.dates(),
    datetime.time: st.times(),
}
TOO_LONG: Final = "a" * 300
# Bounds that no setting has yet.
UNUSED: Final = ("lt", "max_length", "multiple_of")
UNPRINTABLE: Final = st.characters(categories=["Cc", "Cf", "Co", "Zl", "Zp"])


def is_not(known: Collection[Any]) -> Callable[[Any], bool]:
    """Whether a value is none of these."""
    return lambda value: value not in known


@st.composite
def misspelled(draw: st.DrawFn, word: str) -> str:
    """A letter is missing, twice there, or another one."""
    place = draw(st.integers(0, len(word) - 1))
    written = draw(st.sampled_from(["", word[place] * 2, "x"]))
    return word[:place] + written + word[place + 1 :] or "x"


def types_of(kind: Any) -> set[type]:
    """The types of TOML whose values a setting of this type may take."""
    return set(_types(kind))


def _types(kind: Any) -> Iterator[type]:
    kind = base_of(kind)
    if get_origin(kind) in (Union, types.UnionType):
        for part in get_args(kind):
            yield from _types(part)
    elif get_origin(kind) is Literal:
        yield from map(type, get_args(kind))
    elif get_origin(kind) in (tuple, list, frozenset):
        yield list
    elif get_origin(kind) in (dict, Mapping):
        yield dict
    elif kind is float:
        yield from (float, int)
    elif kind is not types.NoneType:
        yield kind


def _wrong(kind: Any) -> Iterator[Wrong]:
    """Values of each type that is none of the setting's, and of none of its items."""
    yield from (OF_TYPE[each] for each in OF_TYPE if each not in types_of(kind))
    kind = base_of(kind)
    if get_origin(kind) in (tuple, list, frozenset):
        for wrong in _wrong(get_args(kind)[0]):
            yield st.lists(wrong, min_size=1, max_size=1)
    elif get_origin(kind) in (dict, Mapping):
        keys, items = get_args(kind)
        table = table_of(kind)
        for wrong in _wrong_table(table) if table else _wrong(items):
            yield st.dictionaries(values_of(keys), wrong, min_size=1, max_size=1)


def _wrong_table(table: type[BaseModel]) -> Iterator[Wrong]:
    """What is no table, and tables with one value of a wrong type."""
    yield from (OF_TYPE[each] for each in OF_TYPE if each is not dict)
    for name, field in table.model_fields.items():
        for wrong in _wrong(field.annotation):
            yield _with(table, name, wrong)


def _with(table: type[BaseModel], name: str, wrong: Wrong) -> Wrong:
    """Good tables but for one value."""
    return st.builds(lambda good, value: {**good, name: value}, values_of(table), wrong)


def _outside(kind: Any, metadata: Iterable[Any]) -> Iterator[Wrong]:
    """Values of the type that are refused all the same."""
    if get_origin(kind) is Annotated:
        kind, *more = get_args(kind)
        metadata = [*metadata, *more]
    for constraint in constraints_of(metadata):
        yield from _beyond(constraint)
        if str in types_of(kind):
            yield from _other_texts(constraint)
    if get_origin(kind) in (Union, types.UnionType):
        for part in get_args(kind):
            yield from _outside(part, ())
        return
    if kind is float:
        yield st.sampled_from([float("inf"), float("-inf"), float("nan")])
    if str in types_of(kind):
        yield st.text(UNPRINTABLE, min_size=1, max_size=2).map("a{}b".format)
    yield from _outside_inside(kind)
    if get_origin(kind) is Literal:
        listed = get_args(kind)
        for each in {type(value) for value in listed}:
            yield OF_TYPE[each].filter(is_not(listed))


def _outside_inside(kind: Any) -> Iterator[Wrong]:
    """One item that is refused, in a list, a mapping or a table."""
    if get_origin(kind) in (tuple, list, frozenset):
        for item in _outside(get_args(kind)[0], ()):
            yield st.lists(item, min_size=1, max_size=1)
    if get_origin(kind) in (dict, Mapping):
        keys, values = get_args(kind)
        for wrong in _outside(keys, ()):
            yield st.dictionaries(wrong, values_of(values), min_size=1, max_size=1)
        for wrong in _outside(values, ()):
            yield st.dictionaries(values_of(keys), wrong, min_size=1, max_size=1)
    if section := section_of(kind):
        for name, field in section.model_fields.items():
            for wrong in _outside(field.annotation, field.metadata):
                yield _with(section, name, wrong)


def _beyond(constraint: Any) -> Iterator[Wrong]:
    if new := [key for key in UNUSED if getattr(constraint, key, None) is not None]:
        raise NotImplementedError(f"bounds of the kind {new}; add them here")
    if (least := getattr(constraint, "ge", None)) is not None:
        yield st.one_of(st.just(least - 1), st.integers(-LARGEST, least - 1))
    if (most := getattr(constraint, "le", None)) is not None:
        yield st.one_of(st.just(most + 1), st.integers(most + 1, LARGEST))
    if (bound := getattr(constraint, "gt", None)) is not None:
        yield st.one_of(st.just(bound), st.integers(-LARGEST, bound))


def _other_texts(constraint: Any) -> Iterator[Wrong]:
    if pattern := getattr(constraint, "pattern", None):
        yield OF_TYPE[str].filter(lambda text: not re.search(pattern, text))
    if isinstance(constraint, AfterValidator):
        refuses = partial(_refuses, constraint.func)
        yield OF_TYPE[str].filter(refuses)
        if refuses(TOO_LONG):
            yield st.just(TOO_LONG)
        # Nearly right: each of the function's own rules may be the one that it breaks.
        if has_form(constraint.func):
            yield checked_by(constraint.func).filter(bool).flatmap(misspelled).filter(refuses)
    if getattr(constraint, "min_length", 0):
        yield st.just("")


def _refuses(function: Callable[..., Any], text: str) -> bool:
    return refusal_of(function, text) is not None


SECTIONS: Final = sorted({path.rpartition(".")[0] for path in SETTINGS} - {""})
TABLES: Final = {
    path: table
    for path, setting in SETTINGS.items()
    if (table := table_of(setting.field.annotation))
}
WRONG: Final[Strategies] = {
    **{path: list(_wrong(setting.field.annotation)) for path, setting in SETTINGS.items()},
    **{section: [OF_TYPE[kind] for kind in OF_TYPE if kind is not dict] for section in SECTIONS},
}
OUTSIDE: Final[Strategies] = {
    path: list(_outside(setting.field.annotation, setting.field.metadata))
    for path, setting in SETTINGS.items()
}


def places(strategies: Strategies) -> list[tuple[str, Wrong]]:
    """Each kind with its place."""
    return [(path, each) for path in sorted(strategies) for each in strategies[path]]
