"""The regular expressions of JSON Schemas: those that the engine honours, in the way it does.

The engine reads few escapes and no unanchored expression; what it does not read it ignores, and
then any text fits (measured: \\d, \\w, look-ahead, a missing ^ or $). `.` and negated sets let
quotes into the JSON, which is none then. So an expression is read here and written anew.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from service.structure.rehearsal import Rehearsal, Steps
from service.structure.rulebook import (
    TIMES_AT_MOST,
    Chars,
    Ranges,
    RuleBook,
    Sequence,
    check_times,
    complement,
)

CHARACTERS_AT_MOST = 1024
# About as long as it takes to read one; 800 long patterns took 4.5 s.
STEPS_A_PATTERN = 20
STEPS_A_CHARACTER = 4
NESTED_AT_MOST = 16

# What a JSON string holds as it is. All else is escaped there, and so not of a pattern's making.
UNESCAPED = ((0x20, 0x21), (0x23, 0x5B), (0x5D, 0x7E), (0xA0, 0xD7FF), (0xE000, 0x10FFFF))
CLASSES = {
    "d": ((0x30, 0x39),),
    "w": ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)),
    "s": ((0x20, 0x20),),
}
HEX_DIGITS = {"x": 2, "u": 4, "U": 8}  # the last is the engine's, of what is written here
TIMES = re.compile(r"\{([0-9]{1,9})(?:(,)([0-9]{1,9})?)?\}")
SIMPLE_TIMES = {"*": (0, None), "+": (1, None), "?": (0, 1)}

EMPTY: Sequence = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the expression: as the engine reads it, and as the rules it becomes.

    `size` is how many characters it has at most, all repetitions written out.
    """

    text: str
    rules: Sequence
    size: int


class Written(NamedTuple):
    """An expression for the engine, and in how many ways one text may fit it."""

    text: str
    ways: int


def written_anew(pattern: str, steps: Steps | None = None) -> Written:
    """The same expression. Raises ValueError that says what the engine cannot honour."""
    if len(pattern) > CHARACTERS_AT_MOST:
        raise ValueError(f"a pattern is longer than {CHARACTERS_AT_MOST} characters")
    steps = steps or Steps()
    steps.take(STEPS_A_PATTERN + STEPS_A_CHARACTER * len(pattern))
    reader = PatternReader(pattern)
    text = reader.read()
    return Written(text, Rehearsal(reader.book, steps).check())


class PatternReader:
    """Reads an expression from its beginning to its end."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0
        self._nested = 0
        self.book = RuleBook()

    def read(self) -> str:
        """Without ^ or $ anything may come before or after."""
        nothing = Piece("", EMPTY, 0)
        anything = self._repeated(self._any(), 0, None)
        before = nothing if self._take("^") else anything
        whole = self._alternatives()
        after = nothing if self._take("$") else anything
        if self._at < len(self._text):
            raise self._wrong()
        self.book.add([(*before.rules, *whole.rules, *after.rules)])
        return f"^{before.text}{whole.text}{after.text}$"

    def _alternatives(self) -> Piece:
        found = [self._sequence()]
        while self._take("|"):
            found.append(self._sequence())
        if len(found) == 1:
            return found[0]
        text = "|".join(piece.text for piece in found)
        size = max(piece.size for piece in found)
        return Piece(f"({text})", self.book.group([piece.rules for piece in found]), size)

    def _sequence(self) -> Piece:
        text, rules, size = "", EMPTY, 0
        while (item := self._item()) is not None:
            piece = self._with_times(item)
            text += piece.text
            rules += piece.rules
            size += piece.size
        return Piece(text, rules, size)

    def _with_times(self, piece: Piece) -> Piece:
        if self._next() in SIMPLE_TIMES and self._next():
            times = SIMPLE_TIMES[self._next()]
            self._at += 1
        elif found := TIMES.match(self._text, self._at):
            least = int(found[1])
            most = int(found[3]) if found[3] else (None if found[2] else least)
            times = (least, most)
            self._at = found.end()
        else:
            return piece
        self._take("?")  # how greedy it is changes no text that fits
        if (self._next() in SIMPLE_TIMES and self._next()) or TIMES.match(self._text, self._at):
            raise ValueError("a repetition of a repetition needs a group, as in (a{2}){3}")
        return self._repeated(piece, *times)

    def _repeated(self, piece: Piece, least: int, most: int | None) -> Piece:
        check_times(least, most)
        rules = self.book.repeat(piece.rules, least, most)
        if most is None:
            times = {0: "*", 1: "+"}.get(least, f"{{{least},}}")
        else:
            times = f"{{{least},{most}}}"
        size = piece.size * (most if most is not None else least + 1)
        if size > TIMES_AT_MOST:
            raise ValueError(
                f"repetitions of a pattern make {size} characters; {TIMES_AT_MOST} are the most"
            )
        repeated = f"[{piece.text}]" if len(piece.text) == 1 else piece.text
        return Piece(repeated + times, rules, size)

    def _item(self) -> Piece | None:
        match self._next():
            case "" | "|" | ")" | "$":
                return None
            case "(":
                return self._group()
            case "[":
                return self._set()
            case ".":
                self._at += 1
                return self._any()
            case "\\":
                return self._of(self._escaped())
            case "^" | "*" | "+" | "?" | "{" | "}" | "]":
                raise self._wrong()
            case character:
                self._at += 1
                return self._of(one(character))

    def _group(self) -> Piece:
        self._at += 1
        self._nested += 1
        if self._nested > NESTED_AT_MOST:
            raise ValueError(f"groups of a pattern are nested more than {NESTED_AT_MOST} deep")
        if self._take("?") and not self._take(":"):
            raise ValueError("a pattern cannot look ahead or behind, name groups or set flags")
        inside = self._alternatives()
        if not self._take(")"):
            raise ValueError("a group of a pattern does not end")
        self._nested -= 1
        return Piece(f"({inside.text})", self.book.group([inside.rules]), inside.size)

    def _set(self) -> Piece:
        self._at += 1
        negated = self._take("^")
        ranges: Ranges = ()
        while not self._take("]"):
            if not self._next():
                raise ValueError("a set of characters in a pattern does not end")
            ranges += self._range()
        return self._of(complement(ranges) if negated else ranges)

    def _range(self) -> Ranges:
        """One character, several by a class's name, or those from one to another."""
        low = self._member()
        if self._next() != "-" or self._text[self._at + 1 : self._at + 2] in ("]", ""):
            return low
        self._at += 1
        high = self._member()
        if not (is_one(low) and is_one(high)):
            raise ValueError("a range in a pattern goes from one character to another")
        if low[0][0] > high[0][0]:
            raise ValueError("a range of characters in a pattern ends before it begins")
        return ((low[0][0], high[0][0]),)

    def _member(self) -> Ranges:
        if self._next() == "\\":
            return self._escaped()
        self._at += 1
        return one(self._text[self._at - 1 : self._at])

    def _escaped(self) -> Ranges:
        self._at += 1
        escaped = self._next()
        self._at += 1
        if escaped.lower() in CLASSES and escaped:
            ranges = CLASSES[escaped.lower()]
            return ranges if escaped.islower() else complement(ranges)
        if escaped in HEX_DIGITS:
            digits = self._text[self._at : self._at + HEX_DIGITS[escaped]]
            if re.fullmatch(f"[0-9a-fA-F]{{{HEX_DIGITS[escaped]}}}", digits):
                self._at += len(digits)
                return ((int(digits, 16), int(digits, 16)),)
        if not escaped or escaped.isalnum():
            raise ValueError(f"a pattern cannot have \\{escaped} here")
        return one(escaped)

    def _any(self) -> Piece:
        return self._of(UNESCAPED)

    def _of(self, ranges: Ranges) -> Piece:
        """Any of these characters, as far as a JSON string holds them as they are."""
        allowed = intersection(ranges, UNESCAPED)
        if not allowed:
            raise ValueError(
                "a pattern cannot ask for quotes, backslashes or control characters, which JSON "
                "has to escape"
            )
        self.book.count(len(allowed))
        text = "".join(written(range_) for range_ in allowed)
        bare = text.isalnum() and len(text) == 1
        return Piece(text if bare else f"[{text}]", (Chars(allowed),), 1)

    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self, character: str) -> bool:
        taken = self._next() == character
        self._at += taken
        return taken

    def _wrong(self) -> ValueError:
        return ValueError(f"a pattern cannot have {self._next()} here; escape it if it is meant")


def one(character: str) -> Ranges:
    return ((ord(character), ord(character)),)


def is_one(ranges: Ranges) -> bool:
    """Whether it is one character."""
    return len(ranges) == 1 and ranges[0][0] == ranges[0][1]


def intersection(some: Ranges, others: Ranges) -> Ranges:
    found = {
        (max(low, other_low), min(high, other_high))
        for low, high in some
        for other_low, other_high in others
    }
    return tuple(sorted((low, high) for low, high in found if low <= high))


def written(range_: tuple[int, int]) -> str:
    low, high = range_
    return symbol(low) if low == high else f"{symbol(low)}-{symbol(high)}"


def symbol(character: int) -> str:
    """As the engine's grammars write it; only letters and digits mean themselves everywhere."""
    if character < 0x80 and chr(character).isalnum():
        return chr(character)
    if character <= 0xFF:
        return f"\\x{character:02X}"
    return f"\\u{character:04X}" if character <= 0xFFFF else f"\\U{character:08X}"
