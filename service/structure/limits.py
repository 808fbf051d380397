"""What the forms of one request may have in all."""

from __future__ import annotations

from service.structure.pattern import Written
from service.structure.rehearsal import Steps

# The parameters of all tools become one grammar: 2,560 schemas took 0.7 s beside other work, and
# held no stream up.
SCHEMAS_AT_MOST = 4000
# 50,000 values hold the other streams up for over 8 s; 2,000 do not show. OpenAI's limit is 1,000.
VALUES_AT_MOST = 1000
CHARACTERS_AT_MOST = 50_000  # of names and values, each of which becomes a rule
REPETITIONS_AT_MOST = 100_000  # each becomes a rule


class Limits:
    """What is left. Raises ValueError where it is too much."""

    def __init__(self) -> None:
        self.steps = Steps()
        self.patterns: dict[str, Written] = {}  # by what they were: tools often share theirs
        self._left = {
            "schemas": SCHEMAS_AT_MOST,
            "values": VALUES_AT_MOST,
            "characters in names and values": CHARACTERS_AT_MOST,
            "repetitions": REPETITIONS_AT_MOST,
        }

    def take(self, amount: int, unit: str) -> None:
        self._left[unit] -= amount
        if self._left[unit] < 0:
            raise ValueError(f"there are too many {unit}; simplify it")
