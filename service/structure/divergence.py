"""Two ways through the rules from one place on, as far as one text allows both.

The engine keeps a stack of where to go on for each way. Where two stacks both grow, and not alike,
they are 2 after one round, 4 after two: `(` of `expr ::= term "+" expr | term` wedged it at 14 of
them, and 20 rounds of `start ::= "a" | "aa"` before what leads back did, too (measured). Where one
of the two grows at most, their number grows with the length of the text, no more: elements of XML,
hundreds of them in each other, did not show.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from service.structure.rehearsal import Steps
from service.structure.rulebook import Chars, Ref, RuleBook, Sequence

PAIRS_AT_MOST = 2000  # common grammars, and two ways that do grow, have a few dozen, seldom more
CHARACTERS_IN_A_STEP = 4

Place = tuple[int, int, int]  # an element of a sequence: rule, alternative, index


class Way(NamedTuple):
    """Where to go on, what comes first at the end; nowhere, once it left its rule.

    `deeper`: whether since the two ways parted it went into a rule that leads back to itself, with
    something to come after it.
    """

    stack: tuple[Place, ...]
    deeper: bool = False


Pair = tuple[int, Way, Way]  # in which rule both are, and the ways from there on


class Divergence:
    """Compares two alternatives of a rule in all of the rule's surroundings."""

    def __init__(self, book: RuleBook, circle: dict[int, int], steps: Steps) -> None:
        self._rules = book.rules
        self._circle = circle
        self._steps = steps
        self._alike: dict[tuple[Chars, Chars], bool] = {}
        self._after: list[list[Place]] = [[] for _ in book.rules]
        for rule, alternatives in enumerate(book.rules):
            for number, sequence in enumerate(alternatives):
                for index, element in enumerate(sequence):
                    if isinstance(element, Ref):
                        self._after[element.rule].append((rule, number, index + 1))

    def may_grow(self, rule: int, one: int, other: int) -> bool:
        """Whether both grow while one text fits both, or it takes too long to see."""
        index = self._shared(self._rules[rule][one], self._rules[rule][other])
        if index is None:
            return False
        todo = deque(
            (rule, some, others)
            for some in self._open(Way(((rule, one, index),)))
            for others in self._open(Way(((rule, other, index),)))
        )
        seen = set(todo)
        while todo and len(seen) < PAIRS_AT_MOST:
            pair = todo.popleft()
            if self._share_a_character(pair) and self._both_grew(pair):
                return True
            for following in self._further(pair):
                self._steps.take(1)
                if following not in seen:
                    seen.add(following)
                    todo.append(following)
        return bool(todo)

    def _shared(self, one: Sequence, other: Sequence) -> int | None:
        """How many characters they begin with alike; None where they are told apart by one."""
        shared, apart = 0, False
        for some, others in zip(one, other, strict=False):
            if isinstance(some, Ref) or isinstance(others, Ref):
                break
            apart = not self._overlap(some, others)
            if apart:
                break
            shared += 1
        self._steps.take(1 + shared // CHARACTERS_IN_A_STEP)
        return None if apart else shared

    def _share_a_character(self, pair: Pair) -> bool:
        _, some, others = pair
        if not some.stack or not others.stack:
            return False
        return self._overlap(self._chars(some), self._chars(others))

    def _further(self, pair: Pair) -> Iterator[Pair]:
        """After a character that both take; not where they have come together."""
        rule, some, others = pair
        if not some.stack or not others.stack:
            yield from self._left(rule, some, others)
        elif self._share_a_character(pair):
            opened = self._open(advanced(others))
            for one in self._open(advanced(some)):
                yield from ((rule, one, other) for other in opened if one.stack != other.stack)

    def _left(self, rule: int, some: Way, others: Way) -> Iterator[Pair]:
        """One goes on wherever the rule was referred to; under the other, that place waits."""
        if some.stack == others.stack:
            return
        for place in self._after[rule]:
            if self._at(place) is None:
                yield place[0], some, others
                continue
            here = self._on(some, place), self._on(others, place)
            for one in here[0]:
                for other in here[1]:
                    yield place[0], one, other

    def _on(self, way: Way, place: Place) -> list[Way]:
        if way.stack:
            return [Way((place, *way.stack), way.deeper)]
        return self._open(Way((place,), way.deeper))

    def _open(self, start: Way) -> list[Way]:
        """The ways with characters next, or out of the rule, that it becomes."""
        todo, seen, found = [start], {start}, []
        while todo:
            way = todo.pop()
            self._steps.take(1)
            if not way.stack or isinstance(self._at(way.stack[-1]), Chars):
                found.append(way)
                continue
            for inner in self._opened(way):
                if inner not in seen:
                    seen.add(inner)
                    todo.append(inner)
        return found

    def _opened(self, way: Way) -> list[Way]:
        *below, place = way.stack
        element = self._at(place)
        if element is None:
            return [Way(tuple(below), way.deeper)]
        assert isinstance(element, Ref)
        deeper, after = way.deeper, advanced(Way((place,))).stack[0]
        if self._at(after) is not None:
            below.append(after)
            deeper = deeper or self._leads_back(after)
        numbers = range(len(self._rules[element.rule]))
        return [Way((*below, (element.rule, number, 0)), deeper) for number in numbers]

    def _both_grew(self, pair: Pair) -> bool:
        """Apart from what is the same in both."""
        _, some, others = pair
        same = 0
        for one, other in zip(some.stack[:-1], others.stack[:-1], strict=False):
            if one != other:
                break
            same += 1
        return all(
            way.deeper and any(map(self._leads_back, way.stack[same:-1])) for way in (some, others)
        )

    def _leads_back(self, after: Place) -> bool:
        """Whether the rule before that place leads back to the place's own."""
        return self._circle[self._before(after)] == self._circle[after[0]]

    def _before(self, after: Place) -> int:
        element = self._rules[after[0]][after[1]][after[2] - 1]
        assert isinstance(element, Ref)
        return element.rule

    def _at(self, place: Place) -> Chars | Ref | None:
        rule, number, index = place
        sequence = self._rules[rule][number]
        return sequence[index] if index < len(sequence) else None

    def _chars(self, way: Way) -> Chars:
        element = self._at(way.stack[-1])
        assert isinstance(element, Chars)
        return element

    def _overlap(self, one: Chars, other: Chars) -> bool:
        key = (one, other)
        if key not in self._alike:
            self._steps.take(len(one.ranges) + len(other.ranges))
            self._alike[key] = one.overlaps(other)
        return self._alike[key]


def advanced(way: Way) -> Way:
    """Past the element that comes first."""
    *below, (rule, number, index) = way.stack
    return Way((*below, (rule, number, index + 1)), way.deeper)
