"""Counts the ways through the rules, because the engine goes them all for every token it rejects.

Twenty optional spaces in a row are a million ways, and took 1.1 s a token; sixty wedged the engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from service.structure.rulebook import Chars, Ref, RuleBook

WAYS_AT_MOST = 50_000  # about 50 ms a token
# 1,500 alternatives at once held the other streams up for 0.36 s: each sees the whole vocabulary.
ALTERNATIVES_AT_MOST = 512
# Tokens this long are one character again and again, SmolLM2's longest 64 spaces; words are not.
LONGEST_RUN = 64
RUNS = " \t\n-=*#_./~+|!<>"
RUNS_MASK = sum(1 << ord(character) for character in RUNS)
LONGEST_WORD = 16
STEPS_AT_MOST = 40_000  # of all checks of one request; less than a tenth of a second
RANGES_IN_A_STEP = 16
ELEMENTS_IN_A_STEP = 32

END = 0  # the place after the last element: nothing more has to come

Ways = dict[int, int]  # by place, how many lead there


class Steps:
    """How many steps are left. Raises ValueError where there are none."""

    def __init__(self, most: int = STEPS_AT_MOST) -> None:
        self._left = most

    def take(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            raise ValueError("it is too complex to be checked; simplify it")


class Rehearsal:
    """Goes through the rules from every place that may be a start of many ways.

    A place is an element in a sequence, and the place where it goes on after that sequence.
    """

    def __init__(self, book: RuleBook, steps: Steps) -> None:
        self._rules = book.rules
        self._repetitions = book.repetitions
        self._steps = steps
        self._places: list[tuple[int, int, int, int]] = [(-1, -1, -1, -1)]
        self._numbers: dict[tuple[int, int, int, int], int] = {}
        self._reached: dict[int, tuple[int, ...]] = {}
        self._matches: dict[tuple[Chars, int], bool] = {}
        self._most = 1

    def check(self) -> int:
        """The most ways from one place. Raises ValueError where they, or the rules to go through
        for them, are too many."""
        runs = self._runs()
        for start in self._starts():
            self._follow(start, LONGEST_WORD, None)
            for character in runs:
                if any(self._match(place, character) for place in start):
                    self._follow(start, LONGEST_RUN, character)
        return self._most

    def _runs(self) -> list[int]:
        """Of the characters that are in the same sets of these rules, one: its ways are theirs."""
        masks = {mask for chars in self._all_chars() if (mask := mask_of(chars) & RUNS_MASK)}
        found: dict[frozenset[int], int] = {}
        for character in map(ord, RUNS if masks else ""):
            self._steps.take(1 + len(masks) // RANGES_IN_A_STEP)
            found.setdefault(frozenset(mask for mask in masks if mask >> character & 1), character)
        found.pop(frozenset(), None)
        return list(found.values())

    def _all_chars(self) -> set[Chars]:
        found: set[Chars] = set()
        for alternatives in self._rules:
            for sequence in alternatives:
                self._steps.take(1 + len(sequence) // ELEMENTS_IN_A_STEP)
                found.update(each for each in sequence if isinstance(each, Chars))
        self._steps.take(sum(1 + len(chars.ranges) // RANGES_IN_A_STEP for chars in found))
        return found

    def _starts(self) -> Iterator[frozenset[int]]:
        """The places with characters that a rule begins with, or that follow in it after one.

        What only repeats others, or the same once more, is reached from there.
        """
        for rule, alternatives in enumerate(self._rules):
            if rule in self._repetitions:
                continue
            yield self._reach_all(self._place(rule, n, 0, END) for n in range(len(alternatives)))
            for number, sequence in enumerate(alternatives):
                for index in range(1, len(sequence)):
                    if isinstance(sequence[index], Ref) and sequence[index] != sequence[index - 1]:
                        yield self._reach_all([self._place(rule, number, index, END)])

    def _follow(self, start: frozenset[int], length: int, only: int | None) -> None:
        """Follows a word, of the characters that have the most ways; or a run of one character.

        A word may be rejected after any of its characters. A run is only where it has to end, and
        as long as it goes on the engine takes the first way.
        """
        ways: Ways = dict.fromkeys(start, 1)
        total = 0
        for _ in range(length):
            check_open(len(ways))
            matched = self._matched(ways, only)
            if not matched:
                self._note(total)
                return
            ways = self._next(matched)
            total += sum(ways.values())
            if only is None:
                self._note(total)

    def _note(self, ways: int) -> None:
        check_ways(ways)
        self._most = max(self._most, ways)

    def _matched(self, ways: Ways, only: int | None) -> Ways:
        """Those that match the character; of all, the one that the most match."""
        by_chars: dict[Chars, int] = {}
        for place, count in ways.items():
            chars = self._chars(place)
            by_chars[chars] = by_chars.get(chars, 0) + count
        candidates = candidates_of(by_chars) if only is None else {only}
        self._steps.take(len(ways) + len(by_chars) * len(candidates))
        weights = {
            character: sum(n for chars, n in by_chars.items() if self._fits(chars, character))
            for character in candidates
        }
        best = max(weights, key=lambda character: weights[character], default=0)
        return {place: n for place, n in ways.items() if self._match(place, best)}

    def _next(self, matched: Ways) -> Ways:
        ways: Ways = {}
        for place, count in matched.items():
            for reached in self._reach(self._after(place)):
                if reached != END:
                    ways[reached] = ways.get(reached, 0) + count
        return ways

    def _match(self, place: int, character: int) -> bool:
        return self._fits(self._chars(place), character)

    def _fits(self, chars: Chars, character: int) -> bool:
        key = (chars, character)
        if key not in self._matches:
            self._steps.take(len(chars.ranges) // RANGES_IN_A_STEP)
            self._matches[key] = chars.matches(character)
        return self._matches[key]

    def _chars(self, place: int) -> Chars:
        element = self._element(place)
        assert isinstance(element, Chars)
        return element

    def _element(self, place: int) -> Chars | Ref:
        rule, number, index, _ = self._places[place]
        return self._rules[rule][number][index]

    def _after(self, place: int) -> int:
        rule, number, index, outer = self._places[place]
        return self._place(rule, number, index + 1, outer)

    def _place(self, rule: int, number: int, index: int, outer: int) -> int:
        """Its number; of the end of a sequence, the number of where that goes on."""
        if index == len(self._rules[rule][number]):
            return outer
        key = (rule, number, index, outer)
        if key not in self._numbers:
            self._numbers[key] = len(self._places)
            self._places.append(key)
        return self._numbers[key]

    def _reach_all(self, places: Iterable[int]) -> frozenset[int]:
        return frozenset(reached for place in places for reached in self._reach(place)) - {END}

    def _reach(self, start: int) -> tuple[int, ...]:
        """The places with characters, and END, that can come next."""
        if start not in self._reached:
            self._reached[start] = tuple(self._search(start))
        return self._reached[start]

    def _search(self, start: int) -> list[int]:
        todo, seen, found = [start], {start}, []
        while todo:
            self._steps.take(1)
            place = todo.pop()
            if place == END or isinstance(self._element(place), Chars):
                found.append(place)
                continue
            for inner in self._inside(place):
                if inner not in seen:
                    seen.add(inner)
                    todo.append(inner)
        return found

    def _inside(self, place: int) -> list[int]:
        """The beginnings of the rule that the place refers to."""
        referred = self._element(place)
        assert isinstance(referred, Ref)
        after = self._after(place)
        return [
            self._place(referred.rule, number, 0, after)
            for number in range(len(self._rules[referred.rule]))
        ]


def candidates_of(all_chars: Iterable[Chars]) -> set[int]:
    """A character of each of the sets, as far as it is one; of a negated one, a letter or space."""
    found = set()
    for chars, _ in zip(all_chars, range(16), strict=False):
        found |= {32, 97} if chars.negated else {low for low, _ in chars.ranges[:4]}
    return found


def mask_of(chars: Chars) -> int:
    """Its characters of ASCII, each as a bit."""
    mask = 0
    for low, high in chars.ranges:
        if low < 0x80:
            mask |= (2 << min(high, 0x7F)) - (1 << low)
    return ~mask if chars.negated else mask


def check_open(alternatives: int) -> None:
    if alternatives > ALTERNATIVES_AT_MOST:
        raise ValueError(
            f"more than {ALTERNATIVES_AT_MOST} alternatives are open at once; simplify it"
        )


def check_ways(ways: int) -> None:
    if ways > WAYS_AT_MOST:
        raise ValueError(
            "one text fits it in too many ways; repeat nothing that may be empty, and let "
            "alternatives begin differently"
        )
