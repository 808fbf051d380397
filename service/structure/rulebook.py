"""The rules that a grammar or a pattern becomes, as the engine writes them out.

A rule is a list of alternatives, an alternative a sequence of character sets and references.
"""

from __future__ import annotations

from typing import NamedTuple

# S{5000} is written out 5,000 times. 15,000 characters 1,900 times took 440 MB and held the other
# streams up for 1.6 s; 100 times took no memory to speak of.
ELEMENTS_AT_MOST = 50_000
RULES_AT_MOST = 5000
TIMES_AT_MOST = 1999  # the engine refuses to repeat more often, or drops the bound in silence
# No token is longer than this many characters, so no run through the rules goes further at once.
WRITTEN_OUT_AT_MOST = 66

Ranges = tuple[tuple[int, int], ...]


class Chars:
    """Any one character of the ranges, or any other one where it is negated.

    Without ranges it is any one, or a token of the vocabulary. It keeps its hash: of thousands of
    ranges, it would be made for every step of a rehearsal.
    """

    __slots__ = ("_hash", "negated", "ranges")

    def __init__(self, ranges: Ranges, negated: bool = False) -> None:
        self.ranges = ranges
        self.negated = negated
        self._hash = hash((ranges, negated))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Chars)
            and self._hash == other._hash
            and self.negated == other.negated
            and self.ranges == other.ranges
        )

    def matches(self, character: int) -> bool:
        found = any(low <= character <= high for low, high in self.ranges)
        return found is not self.negated

    def overlaps(self, other: Chars) -> bool:
        """Whether a character may be of both; a token may be anything."""
        if not self.ranges or not other.ranges:
            return True
        return any_overlap(self._in_order(), other._in_order())

    def _in_order(self) -> Ranges:
        return complement(self.ranges) if self.negated else tuple(sorted(self.ranges))


class Ref(NamedTuple):
    rule: int


Element = Chars | Ref
Sequence = tuple[Element, ...]

ANY = Chars((), negated=True)


class RuleBook:
    """Rules by number, and their size in elements once they are written out."""

    def __init__(self) -> None:
        self.rules: list[list[Sequence]] = []
        self.repetitions: set[int] = set()  # the rules that only repeat others
        self.elements = 0

    def add(self, alternatives: list[Sequence] | None = None) -> int:
        """The number of a new rule; it may get its alternatives later. Raises ValueError."""
        if len(self.rules) >= RULES_AT_MOST:
            raise ValueError(f"it has more than {RULES_AT_MOST} rules; simplify it")
        self.rules.append(alternatives or [])
        return len(self.rules) - 1

    def count(self, elements: int) -> None:
        """Raises ValueError where it is too much."""
        self.elements += elements
        if self.elements > ELEMENTS_AT_MOST:
            raise ValueError(
                f"written out it has more than {ELEMENTS_AT_MOST} characters and rules; simplify "
                "it, or repeat less"
            )

    def group(self, alternatives: list[Sequence]) -> Sequence:
        """One element for any of the alternatives."""
        return (Ref(self.add(alternatives)),)

    def repeat(self, sequence: Sequence, least: int, most: int | None) -> Sequence:
        """As many times as `least` to `most`, None without end. Raises ValueError.

        With least above most the engine writes rules without end: seen at over 20 GB.
        """
        check_times(least, most)
        if not sequence:
            return ()
        self.count(len(sequence) * (most if most is not None else least + 1))
        written = sequence * min(least, WRITTEN_OUT_AT_MOST)
        if most is None:
            more = self._repetition([])
            self.rules[more] = [(*sequence, Ref(more)), ()]
            return (*written, Ref(more))
        tail: Sequence = ()
        for _ in range(min(most - least, WRITTEN_OUT_AT_MOST)):
            tail = (Ref(self._repetition([(*sequence, *tail), ()])),)
        return (*written, *tail)

    def _repetition(self, alternatives: list[Sequence]) -> int:
        rule = self.add(alternatives)
        self.repetitions.add(rule)
        return rule


def any_overlap(some: Ranges, others: Ranges) -> bool:
    """Both in order."""
    index = 0
    for low, high in some:
        while index < len(others) and others[index][1] < low:
            index += 1
        if index < len(others) and others[index][0] <= high:
            return True
    return False


def complement(ranges: Ranges) -> Ranges:
    found, begin = [], 0
    for low, high in sorted(ranges):
        if low > begin:
            found.append((begin, low - 1))
        begin = max(begin, high + 1)
    return (*found, (begin, 0x10FFFF))


def check_times(least: int, most: int | None) -> None:
    """Raises ValueError."""
    if most is not None and least > most:
        raise ValueError(f"it repeats at least {least} and at most {most} times; swap them")
    for times in (least, most):
        if times is not None and times > TIMES_AT_MOST:
            raise ValueError(f"it repeats {times} times; {TIMES_AT_MOST} are the most")
