"""Regular expressions, written anew for the engine."""

from __future__ import annotations

import re

import pytest

from service.structure.pattern import written_anew

HONOURED = {
    r"^\d{3}$": ["123"],
    r"^[\w-]{2,4}$": ["a-b"],
    r"^a\.b$": ["a.b"],
    r"^(?:ab|cd)+$": ["abcd"],
    r"a{2}": ["xaay"],
    r"^a|b$": ["a", "b"],
    r"^[^a]$": ["b", "é"],
    r"^.{3}$": ["ab😀"],
    r"^\S+@\S+\.\S+$": ["ann@example.org"],
    r"^\(?\d{3}\)?[- ]?\d{3}-\d{4}$": ["(123) 456-7890"],
    r"^https?://[^\s/$.?#].[^\s]*$": ["http://example.org/a"],
    r"^#([A-Fa-f0-9]{6}|[A-Fa-f0-9]{3})$": ["#abc"],
    r"^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$": ["a-1"],
    r"^A\x42$": ["AB"],
    r"^\$[\]\-]$": ["$]"],
    r"^$": [""],
    r"^(a*)*$": ["aaa"],
}


@pytest.mark.parametrize(("pattern", "texts"), HONOURED.items(), ids=HONOURED.keys())
def test_expression_means_what_it_meant(pattern: str, texts: list[str]) -> None:
    anew = re.compile(written_anew(pattern).text)
    for text in texts:
        assert re.search(pattern, text)
        assert anew.search(text)
    for other in ("", "?", "zzzzzz", "12345678", 'a"b', "a\\b"):
        assert not anew.search(other) or re.search(pattern, other)


@pytest.mark.parametrize("pattern", HONOURED)
def test_expression_written_anew_is_one_that_may_be_sent(pattern: str) -> None:
    once = written_anew(pattern).text
    assert re.sub(r"[()]", "", written_anew(once).text) == re.sub(r"[()]", "", once)


def test_nothing_but_letters_and_digits_means_itself_in_a_set() -> None:
    assert written_anew(r"^[.\-\]é]$").text == r"^[\x2D\x2E\x5D\xE9]$"


@pytest.mark.parametrize("pattern", [".", "[^a]", r"\D", r"[\s\S]"])
def test_characters_that_json_escapes_are_in_no_set(pattern: str) -> None:
    anew = re.compile(written_anew(f"^{pattern}$").text)
    assert anew.search("b")
    assert not any(anew.search(text) for text in ('"', "\\", "\n", "\x7f"))


@pytest.mark.parametrize(
    ("pattern", "rule"),
    [
        ("^(?=a)a$", "look ahead"),
        (r"^\bab$", "cannot have"),
        (r"^\1$", "cannot have"),
        (r"^\p{L}$", "cannot have"),
        (r"^a\tb$", "cannot have"),
        ('^"$', "has to escape"),
        ("^(a$", "does not end"),
        ("^a)$", "cannot have"),
        ("^[a$", "does not end"),
        ("^[z-a]$", "before it begins"),
        (r"^[\d-z]$", "from one character to another"),
        (r"^[!-\w]$", "from one character to another"),
        ("^*$", "cannot have"),
        ("^a**$", "needs a group"),
        ("^a{2}{3}$", "needs a group"),
        ("^a{5,3}$", "swap them"),
        ("^a{3000}$", "the most"),
        ("^((a{100}){100}){100}$", "the most"),
        ("^(a?){200}b$", "too many ways"),
        ("^" + "a?" * 40 + "$", "too many ways"),
        ("^" + "(" * 100 + "a" + ")" * 100 + "$", "nested"),
        ("a" * 2000, "longer"),
        ("^a$b", "cannot have"),
    ],
)
def test_what_the_engine_cannot_honour_is_refused(pattern: str, rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        written_anew(pattern)
