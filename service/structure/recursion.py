"""Rules that lead back to themselves in two ways at once: 2 stacks, then 4, then 2^n.

20 alternatives of 16 characters and themselves wedged the engine within a few tokens.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations, product

from service.structure.cycles import circles
from service.structure.divergence import CHARACTERS_IN_A_STEP, Divergence
from service.structure.rehearsal import Steps
from service.structure.rulebook import Ref, RuleBook, Sequence


class Recursion:
    """Compares the alternatives of all rules that one that leads back to itself goes through.

    Without anything after it, as in a repetition, the ways come together again.
    """

    def __init__(self, book: RuleBook, steps: Steps) -> None:
        self._book = book
        self._rules = book.rules
        self._steps = steps
        self._circle: dict[int, int] = {}

    def check(self) -> None:
        """Raises ValueError where one text may lead back in two ways."""
        groups = circles(
            {rule: refs(alternatives) for rule, alternatives in enumerate(self._rules)}
        )
        self._circle = {rule: number for number, group in enumerate(groups) for rule in group}
        growing = [rule for rule in range(len(self._rules)) if self._grows(rule)]
        divergence = Divergence(self._book, self._circle, self._steps)
        for rule in self._inside(growing):
            for one, other in self._pairs(rule):
                if divergence.may_grow(rule, one, other):
                    raise ValueError(
                        "a rule leads back to itself in two ways that begin alike; let its "
                        'alternatives begin differently, as term ("+" term)* instead of term "+" '
                        "expr | term"
                    )

    def _grows(self, rule: int) -> bool:
        return any(
            isinstance(element, Ref) and self._circle[element.rule] == self._circle[rule]
            for sequence in self._rules[rule]
            for element in sequence[:-1]
        )

    def _inside(self, growing: list[int]) -> list[int]:
        """These, those in a circle with them, and all that they lead to."""
        circles_ = {self._circle[rule] for rule in growing}
        todo = [rule for rule in range(len(self._rules)) if self._circle[rule] in circles_]
        seen = set(todo)
        while todo:
            self._steps.take(1)
            found = set(refs(self._rules[todo.pop()])) - seen
            seen |= found
            todo += found
        return sorted(seen)

    def _pairs(self, rule: int) -> Iterator[tuple[int, int]]:
        """Of words, only one that another begins with: else they are told apart, or the same."""
        words: dict[str, int] = {}
        others: list[int] = []
        for number, sequence in enumerate(self._rules[rule]):
            self._steps.take(1 + len(sequence) // CHARACTERS_IN_A_STEP)
            word = word_of(sequence)
            if word:
                words[word] = number
            else:
                others.append(number)
        for beginning, word in beginnings(words):
            yield words[beginning], words[word]
        yield from product(others, words.values())
        yield from combinations(others, 2)


def word_of(sequence: Sequence) -> str:
    """The one text that it is; nothing where there are several."""
    found = []
    for element in sequence:
        if isinstance(element, Ref) or element.negated or len(element.ranges) != 1:
            return ""
        ((low, high),) = element.ranges
        if low != high:
            return ""
        found.append(chr(low))
    return "".join(found)


def beginnings(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each word with each that begins it."""
    begun: list[str] = []
    for word in sorted(words):
        while begun and not word.startswith(begun[-1]):
            begun.pop()
        yield from ((beginning, word) for beginning in begun)
        begun.append(word)


def refs(alternatives: list[Sequence]) -> list[int]:
    return [
        element.rule
        for sequence in alternatives
        for element in sequence
        if isinstance(element, Ref)
    ]
