"""llama.cpp's grammars in GBNF: which of them the engine can be given.

https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md
"""

from __future__ import annotations

import re

from service.structure.cycles import has_cycle
from service.structure.limits import Limits
from service.structure.recursion import Recursion
from service.structure.rehearsal import Rehearsal
from service.structure.rulebook import ANY, Chars, Ref, RuleBook, Sequence

NESTED_AT_MOST = 64  # 100,000 parentheses crash the engine; 4,000 do not

NAME = re.compile(r"[a-zA-Z0-9-]+")
SPACE = re.compile(r"(?:[ \t]|#[^\r\n]*)*")
SPACE_AND_LINES = re.compile(r"(?:[ \t\r\n]|#[^\r\n]*)*")
TIMES = re.compile(r"\{[ \t]*([0-9]{1,9})[ \t]*(?:(,)[ \t]*([0-9]{1,9})?[ \t]*)?\}")
TOKEN = re.compile(r"!?<(?:\[[0-9]{1,9}\]|[^>\r\n]{1,64})>")
HEX_DIGITS = {"x": 2, "u": 4, "U": 8}
ESCAPED = {"t": "\t", "r": "\r", "n": "\n", "\\": "\\", '"': '"', "[": "[", "]": "]", "-": "-"}


def checked_grammar(text: str, limits: Limits | None = None) -> str:
    """The grammar itself. Raises ValueError that says what is wrong, and where."""
    book = GrammarReader(text).read()
    steps = (limits or Limits()).steps
    check_left_recursion(book, rules_that_may_be_empty(book))
    Rehearsal(book, steps).check()
    Recursion(book, steps).check()
    return text


class GrammarReader:
    """Reads a grammar from its beginning to its end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._book = RuleBook()
        self._names: dict[str, int] = {}
        self._nested = 0

    def read(self) -> RuleBook:
        """Raises ValueError."""
        self._skip(SPACE_AND_LINES)
        while self._at < len(self._text):
            self._rule()
        for name, rule in {"root": self._named("root"), **self._names}.items():
            if not self._book.rules[rule]:
                raise ValueError(f"the rule {name} is not defined")
        return self._book

    def _rule(self) -> None:
        rule = self._named(self._name())
        self._skip(SPACE)
        self._expect("::=")
        self._skip(SPACE_AND_LINES)
        self._book.rules[rule] = self._alternatives()
        if self._at < len(self._text) and self._next() not in "\r\n":
            raise self._wrong("a new line or the end was expected")
        self._skip(SPACE_AND_LINES)

    def _alternatives(self) -> list[Sequence]:
        found = [self._sequence()]
        while self._next() == "|":
            self._at += 1
            self._skip(SPACE_AND_LINES)
            found.append(self._sequence())
        return found

    def _sequence(self) -> Sequence:
        whole: Sequence = ()
        last: Sequence | None = None
        while True:
            times = self._times()
            if times is not None:
                if last is None:
                    raise self._wrong("there is nothing to repeat")
                last = self._book.repeat(last, *times)
            else:
                item = self._item()
                if item is None:
                    return whole + (last or ())
                whole, last = whole + (last or ()), item
            self._skip(SPACE_AND_LINES if self._nested else SPACE)

    def _item(self) -> Sequence | None:
        match self._next():
            case '"':
                return self._literal()
            case "[":
                return self._set()
            case "(":
                return self._group()
            case ".":
                self._at += 1
                self._book.count(1)
                return (ANY,)
            case "<" | "!":
                return self._token()
            case character if NAME.match(character):
                self._book.count(1)
                return (Ref(self._named(self._name())),)
        return None

    def _literal(self) -> Sequence:
        self._at += 1
        found = []
        while self._next() != '"':
            character = self._character()
            found.append(Chars(((character, character),)))
        self._at += 1
        self._book.count(len(found))
        return tuple(found)

    def _set(self) -> Sequence:
        self._at += 1
        negated = self._next() == "^"
        self._at += negated
        ranges = []
        while self._next() != "]":
            low = high = self._character()
            if self._next() == "-" and self._text[self._at + 1 : self._at + 2] != "]":
                self._at += 1
                high = self._character()
            if low > high:
                raise self._wrong("a range of characters ends before it begins")
            ranges.append((low, high))
        if not ranges:
            raise self._wrong("a set of characters is empty")
        self._at += 1
        self._book.count(len(ranges))
        return (Chars(tuple(ranges), negated),)

    def _group(self) -> Sequence:
        self._nested += 1
        if self._nested > NESTED_AT_MOST:
            raise self._wrong(f"groups are nested more than {NESTED_AT_MOST} deep")
        self._at += 1
        self._skip(SPACE_AND_LINES)
        alternatives = self._alternatives()
        self._expect(")")
        self._nested -= 1
        self._book.count(1)
        return self._book.group(alternatives)

    def _token(self) -> Sequence:
        """A token of the vocabulary; it matches no characters, and so opens no ways."""
        found = TOKEN.match(self._text, self._at)
        if found is None:
            raise self._wrong("a token is written <[123]> or <its text>")
        self._at = found.end()
        self._book.count(1)
        return (Chars(()),)

    def _times(self) -> tuple[int, int | None] | None:
        simple = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        if self._next() in simple and self._next():
            self._at += 1
            return simple[self._text[self._at - 1]]
        if self._next() != "{":
            return None
        found = TIMES.match(self._text, self._at)
        if found is None:
            raise self._wrong("repetitions are written {3}, {3,} or {3,5}")
        self._at = found.end()
        least = int(found[1])
        if found[2] is None:
            return least, least
        return least, int(found[3]) if found[3] is not None else None

    def _character(self) -> int:
        character = self._next()
        if character in ("", "\n", "\r"):
            raise self._wrong("a text or a set of characters does not end")
        self._at += 1
        if character != "\\":
            return ord(character)
        escaped = self._next()
        self._at += 1
        if escaped in HEX_DIGITS:
            return self._hexadecimal(HEX_DIGITS[escaped])
        if escaped not in ESCAPED or not escaped:
            raise self._wrong("a backslash is followed by what it does not escape")
        return ord(ESCAPED[escaped])

    def _hexadecimal(self, digits: int) -> int:
        text = self._text[self._at : self._at + digits]
        if not re.fullmatch(f"[0-9a-fA-F]{{{digits}}}", text):
            raise self._wrong(f"{digits} hexadecimal digits were expected")
        self._at += digits
        return int(text, 16)

    def _name(self) -> str:
        found = NAME.match(self._text, self._at)
        if found is None:
            raise self._wrong("a name was expected")
        self._at = found.end()
        return found[0]

    def _named(self, name: str) -> int:
        if name not in self._names:
            self._names[name] = self._book.add()
        return self._names[name]

    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _expect(self, text: str) -> None:
        if not self._text.startswith(text, self._at):
            raise self._wrong(f"{text} was expected")
        self._at += len(text)

    def _skip(self, what: re.Pattern[str]) -> None:
        found = what.match(self._text, self._at)
        assert found is not None
        self._at = found.end()

    def _wrong(self, what: str) -> ValueError:
        line = self._text.count("\n", 0, self._at) + 1
        return ValueError(f"in line {line}, at {self._text[self._at : self._at + 20]!r}: {what}")


def check_left_recursion(book: RuleBook, empty: set[int]) -> None:
    """Raises ValueError for a rule that begins with itself: no text would ever come of it.

    A repetition of what may be empty does too, and ends where nothing more came of it.
    """
    first = {
        rule: [
            ref
            for sequence in alternatives
            for ref in leading(sequence, empty)
            if ref != rule or rule not in book.repetitions
        ]
        for rule, alternatives in enumerate(book.rules)
    }
    if has_cycle(first):
        raise ValueError("a rule begins with itself, which the engine cannot follow")


def leading(sequence: Sequence, empty: set[int]) -> list[int]:
    """The rules that may be the first one of the sequence."""
    found = []
    for element in sequence:
        if not isinstance(element, Ref):
            break
        found.append(element.rule)
        if element.rule not in empty:
            break
    return found


def rules_that_may_be_empty(book: RuleBook) -> set[int]:
    """Those with a sequence of nothing but such rules."""
    empty: set[int] = set()
    found: list[int] = []
    users: dict[int, list[list[int]]] = {}  # by a rule: what still misses it, and whose that is
    for rule, alternatives in enumerate(book.rules):
        for sequence in alternatives:
            refs = {element.rule for element in sequence if isinstance(element, Ref)}
            if len(refs) and not any(isinstance(element, Chars) for element in sequence):
                waiting = [len(refs), rule]
                for ref in refs:
                    users.setdefault(ref, []).append(waiting)
            elif not sequence:
                found.append(rule)
    while found:
        rule = found.pop()
        if rule in empty:
            continue
        empty.add(rule)
        for waiting in users.get(rule, ()):
            waiting[0] -= 1
            if not waiting[0]:
                found.append(waiting[1])
    return empty
