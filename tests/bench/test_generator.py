"""The load generator's arithmetic: known moments give known figures."""

from __future__ import annotations

from itertools import pairwise
from statistics import mean

import pytest

from bench.generator.arrivals import TraceError, poisson, replay
from bench.generator.plot import Point, curves, ticks
from bench.generator.rounds import Measured, count_untold
from bench.generator.summary import Spread, figures, itl
from bench.generator.table import cell, rate, ratio, table
from bench.generator.turns import Failure, Turn
from bench.prompts import Lengths, questions
from bench.streams import Answer

MILLISECOND = 1_000_000


def answer(*received_ms: int, tokens: int | None = None) -> Answer:
    """Sent at 0; a token a piece unless `tokens` says otherwise."""
    received = [at * MILLISECOND for at in received_ms]
    texts = ["fox"] * len(received)
    return Answer(0, received, texts, prompt_tokens=10, output_tokens=tokens or len(received))


def test_time_to_first_token_and_time_per_output_token_are_as_vllm_defines_them() -> None:
    found = figures(Turn(2.0, [answer(100, 150, 300)]), {})
    assert found.ttft == Spread(100, 100, 100)
    assert found.e2el == Spread(300, 300, 300)
    assert found.tpot == Spread(100, 100, 100)
    assert found.itl == Spread(100, 50, 150)


def test_tokens_are_those_of_usage_and_not_the_pieces() -> None:
    found = figures(Turn(2.0, [answer(100, 500, tokens=5)]), {})
    assert found.output_tokens_per_second == 2.5
    assert found.total_tokens_per_second == 7.5
    assert found.tpot == Spread(100, 100, 100)


def test_goodput_is_of_requests_that_keep_every_limit() -> None:
    """The second comes too late, and the third is too slow."""
    turn = Turn(2.0, [answer(100, 200), answer(501, 600), answer(100, 300)])
    found = figures(turn, {"ttft": 500, "tpot": 150})
    assert found.requests_per_second == 1.5
    assert found.goodput_per_second == 0.5


def test_a_single_token_has_no_time_per_token_and_keeps_its_limit() -> None:
    found = figures(Turn(1.0, [answer(100)]), {"tpot": 1})
    assert (found.tpot, found.itl, found.goodput_per_second) == (None, None, 1)


def test_a_failure_is_counted_and_in_no_other_figure() -> None:
    failed = [Failure("HTTP 503", "busy"), Failure("HTTP 503", "busy")]
    found = figures(Turn(1.0, [answer(100, 200)], failed), {})
    assert (found.answers, found.failures) == (1, {"HTTP 503": 2})
    assert found.output_tokens_per_second == 2


def test_nothing_answered_has_no_latencies() -> None:
    found = figures(Turn(1.0, [], [Failure("too late", "")]), {})
    assert (found.ttft, found.output_tokens_per_second) == (None, 0)


def test_pauses_are_between_pieces() -> None:
    assert itl(answer(10, 30, 35)) == [20, 5]


async def test_an_answer_without_usage_is_counted_by_its_server_or_fails() -> None:
    async def count(text: str) -> int:
        return len(text)

    counted, uncounted = untold_turn(), untold_turn()
    await count_untold(counted, count)
    await count_untold(uncounted, None)
    assert [each.output_tokens for each in counted.answers] == [len("foxfox")]
    assert (uncounted.answers, [each.kind for each in uncounted.failures]) == ([], ["no usage"])


def untold_turn() -> Turn:
    return Turn(1.0, [Answer(0, [1, 2], ["fox", "fox"])])


def test_poisson_arrivals_come_at_the_rate_on_average_and_at_random() -> None:
    asked = questions(4000, Lengths(1, 1), seed="any")
    moments = [arrival.seconds for arrival in poisson(5, asked, seed="any")]
    pauses = [late - soon for soon, late in pairwise([0.0, *moments])]
    assert mean(pauses) == pytest.approx(1 / 5, rel=0.05)
    assert mean(pause**2 for pause in pauses) == pytest.approx(2 / 5**2, rel=0.1)


def test_a_trace_is_replayed_with_its_moments_and_lengths() -> None:
    lines = ["seconds,prompt_tokens,output_tokens", "0,3,7", "1.5,20,1"]
    found = replay(lines, shared_tokens=4, seed="any")
    assert [arrival.seconds for arrival in found] == [0, 1.5]
    assert [len(arrival.question.text.split()) for arrival in found] == [3, 20]
    assert [arrival.question.tokens for arrival in found] == [7, 1]
    assert {len(arrival.question.system.split()) for arrival in found} == {4}


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["seconds,prompt"], "line 1: got seconds,prompt"),
        ([], "line 1: got ;"),
        (["1,2,3", "0.5,2,3"], "line 3: got 0.5 s after 1 s"),
        (["soon,2,3"], "line 2: got soon,2,3"),
        (["1,2"], "line 2: got 1,2;"),
        (["1,2,3,4"], "line 2: got 1,2,3,4;"),
        (["1,0,3"], "line 2: got 1,0,3"),
        (["1,2,0"], "line 2: got 1,2,0"),
        (["nan,2,3"], "line 2: got nan"),
        ([], "nothing but the header"),
    ],
)
def test_a_trace_that_is_none_is_refused_by_its_line(lines: list[str], words: str) -> None:
    whole = lines if "line 1" in words else ["seconds,prompt_tokens,output_tokens", *lines]
    with pytest.raises(TraceError, match=words):
        replay(whole, seed="any")


def test_prompts_have_their_length_share_their_prefix_and_differ() -> None:
    asked = questions(50, Lengths(12, 3, shared=5), seed="any")
    assert {len(each.text.split()) for each in asked} == {12}
    assert len({each.system for each in asked}) == 1
    assert len({each.text for each in asked}) == 50
    assert asked == questions(50, Lengths(12, 3, shared=5), seed="any")
    assert not {each.text for each in asked} & {
        each.text for each in questions(50, Lengths(12, 3), seed="another")
    }


def measured(target: str, *seconds: float) -> list[Measured]:
    """A turn for each: two tokens in so many seconds."""
    return [
        Measured(target, "1 stream", number, figures(Turn(each, [answer(100, 200)]), {}))
        for number, each in enumerate(seconds)
    ]


def test_a_ratio_is_the_median_of_the_rounds_own() -> None:
    """One noisy round of the three, in which both were slow, changes nothing."""
    ours = [turn.figures for turn in measured("ours", 1.0, 50.0, 2.0)]
    theirs = [turn.figures for turn in measured("theirs", 2.0, 100.0, 4.0)]
    assert ratio(ours, theirs, rate) == 2


def test_a_row_has_the_median_the_least_and_the_most() -> None:
    head, _, ours, theirs = table(measured("ours", 1.0, 2.0, 4.0) + measured("theirs", 2, 4, 8), {})
    assert "| 1 stream | ours | 1.00 (0.50 to 2.00) | 1.00 | 100 (100 to 100) |" in ours
    assert "| theirs | 0.50 (0.25 to 1.00) | 0.50 |" in theirs
    assert theirs.endswith("| - | 10 + 2 | 0 of 3 |")
    assert head.count("|") == ours.count("|")


def test_what_nobody_measured_is_a_dash() -> None:
    assert cell([None, None]) == "-"


@pytest.mark.parametrize(
    ("values", "marks"),
    [
        ([24.1, 24.2], [20, 50]),
        ([12, 150], [10, 20, 50, 100, 200]),
        ([0.3, 1.0], [0.2, 0.5, 1, 2]),
    ],
)
def test_ticks_are_around_what_is_drawn(values: list[float], marks: list[float]) -> None:
    assert ticks(values) == pytest.approx(marks)


def test_a_curve_has_the_medians_of_each_load() -> None:
    turns = [
        {"target": "ours", "load": load, "figures": each}
        for load, each in (
            ("1 stream", {"output_tokens_per_second": 10, "ttft": {"median": 5}}),
            ("1 stream", {"output_tokens_per_second": 30, "ttft": {"median": 7}}),
            ("2 streams", {"output_tokens_per_second": 40, "ttft": {"median": 9}}),
            ("2 streams", {"output_tokens_per_second": 0, "ttft": None}),
        )
    ]
    assert curves(turns, "ttft") == {
        "ours": [Point("1 stream", 20, 6), Point("2 streams", 40, 9)],
    }
