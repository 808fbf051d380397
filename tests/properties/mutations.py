"""Breaks a valid stage in one place."""

from __future__ import annotations

import copy
import datetime
import re
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import AfterValidator

from tests.properties.files import Values
from tests.properties.paths import put
from tests.properties.space import (
    FEW,
    LARGEST,
    MANY,
    SETTINGS,
    base_of,
    chosen,
    constraints_of,
    section_of,
    values_of,
)
from tests.properties.stages import valid_stages
from tests.properties.well_formed import checked_by, refusal_of

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
UNPRINTABLE: Final = st.characters(categories=["Cc", "Cf", "Co", "Zl", "Zp"])
RULE: Final = "broken rule"
_NETWORK: Final = st.sampled_from(["10.0.0.0/8", "0.0.0.0/0", "10.0.0.0/28"])
# What rules are about, and what is drawn too seldom.
_CRON: Final = st.sampled_from(
    ["0 8 ? * FRI-MON *", "0/0 8 ? * * *", "0 8 1 * 2 *", "0 8 30 2 ? *", "0 8 ? *", "0 8 ? * * 1"]
)
UNLIKELY: Final[dict[str, st.SearchStrategy[Any]]] = {
    "api_gateway.require_api_key": st.just(True),
    "endpoint.kind": st.just("api-gateway"),
    "schedules": _CRON.map(lambda cron: {"a": {"cron": cron}}),
    "browser.cors_origins": st.sampled_from([["*"], ["*", "https://a.example"]]),
    "existing_vpc.private_subnet_ids": st.just(["subnet-00000001", "subnet-00000001"]),
    "existing_vpc.id": st.just("vpc-00000001"),
    "governance.tags": st.sampled_from(
        [
            {"aws:x": "1"},
            {"stage": "x"},
            {"Project": "x"},
            {"a": "1", "A": "1"},
            {f"t{n}": "x" for n in range(46)},
        ]
    ),
    "model.path": st.just("s3:own.gguf"),
    "model.weights_mib": st.integers(1, 122_880),
    "monitoring.scrape_from": st.lists(_NETWORK, min_size=1, max_size=2, unique=True),
    "network.cidr": _NETWORK,
    "network.nat_gateways": st.just(0),
    "rollout.step_percent": st.integers(1, 4),
    "rollout.step_minutes": st.sampled_from([1, 1440]),
    "rollout.strategy": st.sampled_from(["canary", "linear", "blue-green"]),
    "scaling.max_tasks": st.integers(1, 3),
    "task.disk_gib": st.just(21),
    "capacity.on_demand_base": st.integers(1, 5),
    "capacity.spot_weight": st.just(1),
}
KEYS: Final = st.from_regex(r"[A-Za-z0-9_-]{1,12}", fullmatch=True)


@dataclass(frozen=True, slots=True)
class Broken:
    """A stage with one place changed."""

    name: str
    values: Values
    path: str | None = None
    """The setting that is refused whatever the others are; None where that depends on them."""
    value: Any = None


@st.composite
def broken_stages(draw: st.DrawFn, kind: str) -> Broken:
    """Of one of `KINDS`. Those of the last may be valid after all."""
    counts = MANY if kind == RULE else FEW
    name, values = draw(valid_stages(counts=counts))
    return KINDS[kind](draw, name, copy.deepcopy(values))


def _type(draw: st.DrawFn, name: str, values: Values) -> Broken:
    setting = SETTINGS[draw(st.sampled_from(sorted(SETTINGS)))]
    refused = [kind for kind in OF_TYPE if kind not in types_of(setting.field.annotation)]
    value = draw(OF_TYPE[draw(st.sampled_from(refused))])
    put(values, setting.path, value)
    return Broken(name, values, setting.path, value)


def _range(draw: st.DrawFn, name: str, values: Values) -> Broken:
    path, number = draw(st.sampled_from(BEYOND))
    value = draw(OUTSIDE[path][number])
    put(values, path, value)
    return Broken(name, values, path, value)


def _key(draw: st.DrawFn, name: str, values: Values) -> Broken:
    """A key that no section has: at random, or one that is there, spelled wrongly."""
    sections = sorted({path.rpartition(".")[0] for path in SETTINGS})
    section = draw(st.sampled_from(sections))
    known = sorted(_keys(section))
    word = draw(st.one_of(st.sampled_from(known).flatmap(misspelled), KEYS).filter(_not(known)))
    path = f"{section}.{word}" if section else word
    value = draw(st.one_of(st.booleans(), st.integers(0, 9), OF_TYPE[str]))
    put(values, path, value)
    return Broken(name, values, path, value)


def _others(draw: st.DrawFn, name: str, values: Values) -> Broken:
    """Good values in the place of others, which may break a rule between them."""
    for path, value in draw(chosen(st.integers(1, 20))).items():
        put(values, path, value)
    for path in draw(st.lists(st.sampled_from(sorted(UNLIKELY)), max_size=3, unique=True)):
        put(values, path, draw(UNLIKELY[path]))
    return Broken(name, values)


def _keys(section: str) -> set[str]:
    """What a section, or the file itself, has."""
    depth = len(section.split(".")) if section else 0
    inside = [path for path in SETTINGS if not section or path.startswith(f"{section}.")]
    return {path.split(".")[depth] for path in inside} | (set() if section else {"name"})


def _not(known: list[Any]) -> Callable[[Any], bool]:
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


def _outside(kind: Any, metadata: Iterable[Any]) -> Iterator[st.SearchStrategy[Any]]:
    """Values of the type that are refused all the same."""
    if get_origin(kind) is Annotated:
        kind, *more = get_args(kind)
        metadata = [*metadata, *more]
    for constraint in constraints_of(metadata):
        yield from _beyond(constraint)
        if str in types_of(kind):
            yield from _other_texts(constraint)
    if str in types_of(kind):
        yield st.text(UNPRINTABLE, min_size=1, max_size=2).map("a{}b".format)
    yield from _outside_inside(kind)
    if get_origin(kind) is Literal:
        listed = get_args(kind)
        for each in {type(value) for value in listed}:
            yield OF_TYPE[each].filter(_not(list(listed)))


def _outside_inside(kind: Any) -> Iterator[st.SearchStrategy[Any]]:
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
                yield st.builds(lambda table, value, name=name: {**table, name: value},
                                values_of(section), wrong)  # fmt: skip


def _beyond(constraint: Any) -> Iterator[st.SearchStrategy[Any]]:
    if (least := getattr(constraint, "ge", None)) is not None:
        yield st.one_of(st.just(least - 1), st.integers(-LARGEST, least - 1))
    if (most := getattr(constraint, "le", None)) is not None:
        yield st.one_of(st.just(most + 1), st.integers(most + 1, LARGEST))
    if (bound := getattr(constraint, "gt", None)) is not None:
        yield st.one_of(st.just(bound), st.integers(-LARGEST, bound))


def _other_texts(constraint: Any) -> Iterator[st.SearchStrategy[Any]]:
    if pattern := getattr(constraint, "pattern", None):
        yield OF_TYPE[str].filter(lambda text: not re.search(pattern, text))
    if isinstance(constraint, AfterValidator):
        refuses = partial(_refuses, constraint.func)
        yield OF_TYPE[str].filter(refuses)
        # Nearly right: each of the function's own rules may be the one that it breaks.
        yield checked_by(constraint.func).filter(bool).flatmap(misspelled).filter(refuses)
    if getattr(constraint, "min_length", 0):
        yield st.just("")


def _refuses(function: Callable[..., Any], text: str) -> bool:
    return refusal_of(function, text) is not None


OUTSIDE: Final = {
    path: list(_outside(setting.field.annotation, setting.field.metadata))
    for path, setting in SETTINGS.items()
}
BEYOND: Final = [(path, number) for path in sorted(OUTSIDE) for number in range(len(OUTSIDE[path]))]
KINDS: Final[dict[str, Callable[[st.DrawFn, str, Values], Broken]]] = {
    "wrong type": _type,
    "out of range": _range,
    "unknown key": _key,
    RULE: _others,
}
