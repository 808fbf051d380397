"""The table of what is reached."""

from __future__ import annotations

from argparse import Namespace

import pytest

from bench.bars import ADDED_P99, BARS, LLAMA_CPP_PYTHON, PREPARED, SAME_WEIGHTS, START, Reached
from bench.comparison import EIGHT, OURS, OURS_WHEEL, reached
from bench.generator.rounds import Measured
from bench.generator.summary import figures
from bench.generator.turns import Turn
from bench.latency import worst
from bench.machine import Machine
from bench.results import README, of_source, table
from bench.streams import Answer
from infra.marks import with_part


@pytest.mark.parametrize(("value", "verdict"), [(0.96, "no"), (0.97, "yes"), (1.2, "yes")])
def test_a_ratio_is_to_be_reached(value: float, verdict: str) -> None:
    assert (
        f"| at least 0.97 times | {value:.3g} times | {verdict} |"
        in Reached(SAME_WEIGHTS, value).row()
    )


@pytest.mark.parametrize(("value", "verdict"), [(1.9, "yes"), (2.0, "yes"), (2.1, "no")])
def test_a_time_is_not_to_be_passed(value: float, verdict: str) -> None:
    assert f"| at most 2 s | {value:.3g} s | {verdict} |" in Reached(START, value).row()


def test_the_table_has_every_bar_in_order_and_says_what_nobody_measured() -> None:
    _, _, *rows, _, foot = table([Reached(START, 1.5, "of all")], Machine())
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == [bar.what for bar in BARS]
    assert sum("not measured" in row for row in rows) == len(BARS) - 1
    assert "cores of" in foot


def test_a_source_that_fails_loses_its_own_rows_only(capsys: pytest.CaptureFixture[str]) -> None:
    def failing(_: Namespace) -> list[Reached]:
        raise OSError("no such image")

    assert of_source(failing, Namespace()) == []
    assert "no such image" in capsys.readouterr().err


def test_the_readme_has_a_place_for_the_table() -> None:
    assert "| a |" in with_part(README.read_text(), "results", "| a |", verb="bench-results")


def turns(target: str, load: str, *seconds: float) -> list[Measured]:
    """Two tokens in so many seconds, in each round."""
    answer = Answer(0, [1, 2], ["a", "b"], prompt_tokens=1, output_tokens=2)
    return [
        Measured(target, load, number, figures(Turn(each, [answer]), {}))
        for number, each in enumerate(seconds)
    ]


def test_a_comparison_is_the_median_of_the_rounds_ratios_with_the_loss_beside() -> None:
    measured = [
        *turns(OURS, EIGHT.label, 1, 2, 4),
        *turns("llm-on-ecs, prepared", EIGHT.label, 0.5, 1, 8),
        *turns("llama-server", EIGHT.label, 1, 2, 4),
        *turns(OURS_WHEEL, EIGHT.label, 2, 4, 8),
        *turns("llama-cpp-python", EIGHT.label, 4, 8, 16),
    ]
    found = {each.bar: each for each in reached(measured, {"llm-on-ecs, prepared": "loss 0.01"})}
    assert {bar: each.value for bar, each in found.items()} == {
        SAME_WEIGHTS: 1,
        PREPARED: 2,
        LLAMA_CPP_PYTHON: 4,
    }
    assert found[PREPARED].beside.endswith("tokens/s; loss 0.01")
    assert found[SAME_WEIGHTS].beside.endswith("tokens/s; the wheel's engine 0.50 times")


def test_what_the_gateway_adds_is_the_worst_of_all_loads() -> None:
    found = worst(ADDED_P99, {"1 x REST": 1.0, "64 x gRPC": 12.0})
    assert (found.value, found.beside) == (12.0, "1 x REST 1.00, 64 x gRPC 12.00")
