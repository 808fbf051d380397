"""What turns of the latency measurement come to."""

from __future__ import annotations

import pytest

from bench.figures import FIRST, GAP, WAY, Percentiles, Way, percentile
from bench.streams import Answer

MILLISECOND = 1_000_000


def answer(*received_ms: int, way_ms: int = 1) -> Answer:
    """Sent at 0; each piece says that it left the engine `way_ms` before it came."""
    received = [at * MILLISECOND for at in received_ms]
    return Answer(0, received, [str(at - way_ms * MILLISECOND) for at in received])


def turns(*answers: Answer) -> Way:
    way = Way()
    for each in answers:
        way.add([each], stamped=True, gateway_cpu_seconds=0.001)
    return way


@pytest.mark.parametrize(("percent", "value"), [(50, 2), (99, 4), (1, 1), (100, 4)])
def test_a_percentile_is_one_of_the_values(percent: int, value: int) -> None:
    assert percentile([3, 1, 4, 2], percent) == value


def test_an_answer_has_its_first_token_its_gaps_and_its_tokens_ways() -> None:
    way = turns(answer(30, 50, 90, way_ms=3))
    assert way.typical(FIRST) == Percentiles(30, 30)
    assert way.typical(GAP) == Percentiles(20, 40)
    assert way.typical(WAY) == Percentiles(3, 3)
    assert way.cpu_microseconds == [pytest.approx(1000 / 3)]


def test_what_was_added_is_the_median_of_the_rounds_differences() -> None:
    """One noisy round of the three, in which everything was slower, changes nothing."""
    direct = turns(answer(10), answer(500), answer(11))
    gateway = turns(answer(12), answer(900), answer(13))
    assert gateway.added(FIRST, direct) == Percentiles(2, 2)


def test_an_engine_that_notes_no_moments_has_no_tokens_way() -> None:
    way = Way()
    way.add([Answer(0, [MILLISECOND], ["fox"])], stamped=False)
    assert set(way.turns) == {FIRST}
