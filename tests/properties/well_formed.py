"""Texts that a setting takes: of a form that a pattern says, or only a function knows."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any, Final
from zoneinfo import available_timezones

from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

# What a person can type into one line.
ALPHABET: Final = st.characters(min_codepoint=32, max_codepoint=126)
PRINTABLE: Final = st.characters(exclude_categories=["C", "Z"], include_characters=" ")
_LABELS: Final = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
_HOSTS: Final = st.lists(_LABELS, min_size=2, max_size=4).map(".".join)
_URLS: Final = st.builds("https://{}/{}".format, _HOSTS, _LABELS)
_NAMES: Final = st.text("aB9 _.:/=+-@", min_size=1, max_size=30).map(str.strip)
_NO_TEXT: Final = "?"
_LIKE: Final = re.compile(r"\blike (.+)$")


def networks(shortest: int = 0, longest: int = 32) -> st.SearchStrategy[str]:
    """IPv4 networks, mostly private ones."""

    def network(parts: tuple[int, int]) -> str:
        address, length = parts
        kept = address >> (32 - length) << (32 - length)
        return f"{'.'.join(str(kept >> shift & 255) for shift in (24, 16, 8, 0))}/{length}"

    addresses = st.one_of(st.integers(10 << 24, (10 << 24) + 0xFFFFFF), st.integers(0, 0xFFFFFFFF))
    return st.tuples(addresses, st.integers(shortest, longest)).map(network)


@st.composite
def crons(draw: st.DrawFn) -> str:
    """Application Auto Scaling's expressions, of which one day or the other is a `?`."""
    minutes, hours, month = (draw(_field(*ends)) for ends in ((0, 59), (0, 23), (1, 12)))
    day, weekday = "?", draw(_field(1, 7, "MON-FRI", "SUN", "2#1", "6L", "MON,WED"))
    if draw(st.booleans()):
        day, weekday = draw(_field(1, 31, "L", "LW", "15W")), "?"
    return f"{minutes} {hours} {day} {month} {weekday} {draw(_field(2026, 2199))}"


def _field(least: int, most: int, *others: str) -> st.SearchStrategy[str]:
    numbers = st.integers(least, most)
    ranges = st.tuples(numbers, numbers).map(sorted)
    return st.one_of(
        st.just("*"),
        numbers.map(str),
        ranges.map("{0[0]}-{0[1]}".format),
        st.integers(1, most).map("*/{}".format),
        st.sampled_from([*others, "*"]),
    )


# By the example that the setting's own refusal gives.
WELL_FORMED: Final[dict[str, st.SearchStrategy[str]]] = {
    "10.0.0.0/16": st.one_of(networks(16, 24), networks(16, 24), networks(), st.just("0.0.0.0/0")),
    "ann@example.org": st.builds("{}@{}".format, _LABELS, _HOSTS),
    "0 8 ? * MON-FRI *": crons(),
    "[schedules.working-hours]": st.from_regex(r"[a-z][a-z0-9-]{0,30}", fullmatch=True),
    "Europe/Berlin": st.sampled_from(sorted(available_timezones())),
    "https://example.org/alarms": _URLS,
    "http://collector.example.internal:4318/v1/traces": st.one_of(
        _URLS, st.builds("http://{}:{}".format, _HOSTS, st.integers(1, 65535))
    ),
}


def checked_by(function: Callable[..., Any]) -> st.SearchStrategy[str]:
    """What a validating function lets pass: as listed, as its refusal tells, or whatever passes."""
    told = refusal_of(function, _NO_TEXT) or ""
    if not (found := _LIKE.search(told)):
        return _NAMES.filter(lambda text: refusal_of(function, text) is None)
    example = found[1].partition(" or ")[0]
    return WELL_FORMED.get(example, st.just(example))


def has_form(function: Callable[..., Any]) -> bool:
    """Whether what it lets pass is like an example; else nearly anything is."""
    return _LIKE.search(refusal_of(function, _NO_TEXT) or "") is not None


def refusal_of(function: Callable[..., Any], text: str) -> str | None:
    """What a validating function says of a text; None where it lets it pass."""
    try:
        function(text)
    except PydanticCustomError as error:
        return error.message()
    return None


@cache
def texts_like(pattern: str) -> st.SearchStrategy[str]:
    """What a pattern lets pass, in signs that a person can type."""
    # In Python `$` lets a line feed follow, and in pydantic's regular expressions it does not.
    inner = pattern.removeprefix("^").removesuffix("$")
    return st.from_regex(f"(?:{inner})", fullmatch=True, alphabet=ALPHABET)
