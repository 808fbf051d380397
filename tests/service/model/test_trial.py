"""Which type `prepare --fastest` takes, and what it calls loss and speed."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from bench.random_model import Shape, random_model
from service.model import preparation
from service.model.errors import ModelError
from service.model.inspection import inspect
from service.model.preparation import Changes, Fastest, prepare
from service.model.trial import contest
from service.model.trial.contest import FEWEST_ROUNDS, NO_LOSS, Entrant, fastest, is_clear
from service.model.trial.engine import Likelihoods, Runner, engine_with
from service.model.trial.loss import TEXT, TOKENS, Loss, divergence, likelihoods_of
from service.model.trial.speed import Speed, measured_speed
from tests.service.model.files import write_model

TINY = Shape(layers=2, width=64, feed_forward=128, heads=4, kv_heads=2)


def entrant(name: str, *rates: float) -> Entrant:
    return Entrant(name, Path(name), 0, NO_LOSS, [Speed(rate, rate, rate) for rate in rates])


def test_the_same_likelihoods_do_not_diverge() -> None:
    assert divergence({1: 0.7, 2: 0.2}, {1: 0.7, 2: 0.2}) == pytest.approx(0)


def test_divergence_is_kullback_leiblers_with_the_untold_as_one_token() -> None:
    expected = 0.5 * math.log(0.5 / 0.25) + 0.5 * math.log(0.5 / 0.75)
    assert divergence({1: 0.5, 2: 0.3}, {1: 0.25, 3: 0.1}) == pytest.approx(expected)


def test_loss_is_the_mean_over_the_positions() -> None:
    same, other = {1: 0.9, 2: 0.1}, {1: 0.1, 2: 0.9}
    loss = Loss.between([same, same], [same, other])
    assert loss.same == 0.5
    assert loss.divergence == pytest.approx(divergence(same, other) / 2)


def test_weights_that_give_no_numbers_are_refused() -> None:
    with pytest.raises(ModelError, match="the weights give no numbers"):
        divergence({1: 0.5, 2: 0.5}, {1: math.nan, 2: 0.5})


def test_the_text_has_as_many_passages_as_a_task_has_streams() -> None:
    assert len(TEXT.read_text().split("\n\n")) == 8


def test_the_fastest_has_the_best_median_over_the_rounds_against_the_source() -> None:
    source = entrant("source", 10, 10, 10)
    steady, lucky = entrant("steady", 12, 12, 12), entrant("lucky", 30, 11, 11)
    assert fastest([source, steady, lucky]) is steady


def test_a_round_that_was_slow_for_all_changes_nothing() -> None:
    source, other = entrant("source", 10, 1), entrant("other", 12, 1.2)
    assert other.scores(source) == pytest.approx([1.2, 1.2])
    assert is_clear(other, [source, other])


def test_who_was_behind_once_is_not_clearly_ahead() -> None:
    source, other = entrant("source", 10, 10), entrant("other", 12, 9.9)
    assert not is_clear(other, [source, other])


def test_a_type_with_too_much_loss_is_not_timed_and_cannot_win() -> None:
    source, other = entrant("source", 10), entrant("other")
    assert fastest([source, other]) is source
    assert "too much loss" in " ".join(other.cells())


RATES = {"source": 10.0, "Q8_0": 12.0, "Q5_0": 14.0, "Q4_0": 30.0}
LIKELY = {"source": 0.5, "Q8_0": 0.5, "Q5_0": 0.48, "Q4_0": 0.1}  # the first token's likelihood


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stands in for the engine; the names of the files that were timed."""
    timed = []

    async def speed(file: Path, runner: Runner, *, seed: int) -> Speed:
        timed.append(file.stem)
        rate = RATES.get(file.stem, RATES["source"]) / (1 + seed)
        return Speed(rate, rate, rate)

    async def likelihoods(file: Path, runner: Runner) -> list[Likelihoods]:
        likely = LIKELY.get(file.stem, LIKELY["source"])
        return [{1: likely, 2: 1 - likely}]

    monkeypatch.setattr(contest, "measured_speed", speed)
    monkeypatch.setattr(contest, "likelihoods_of", likelihoods)
    monkeypatch.setattr(preparation, "TRIED", ("Q8_0", "Q5_0", "Q4_0"))
    return timed


@pytest.mark.parametrize(
    ("loss", "types"), [(0.01, {"Q8_0", "Q5_0", "F32"}), (2, {"Q8_0", "Q4_0", "F32"})]
)
def test_the_fastest_within_the_loss_is_written(
    loss: float, types: set[str], tmp_path: Path, no_engine: list[str]
) -> None:
    source = write_model(tmp_path / "tiny.gguf")
    changes = Changes(fastest=Fastest(loss=loss, runner=Runner(2)))
    made = prepare(str(source), sha256=None, changes=changes, output=tmp_path / "made.gguf")
    assert inspect(made).types.keys() == types
    assert set(tmp_path.iterdir()) == {source, made}


def test_what_loses_too_much_is_told_of_and_not_timed(
    tmp_path: Path, no_engine: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_model(tmp_path / "tiny.gguf")
    changes = Changes(fastest=Fastest(loss=0.01, runner=Runner(2)))
    prepare(str(source), sha256=None, changes=changes, output=tmp_path / "made.gguf")
    told = capsys.readouterr()
    assert "3 types to try, in about " in told.err
    assert "The fastest with a loss of at most 0.01 is: Q5_0." in told.out
    assert "too much loss" in told.out
    assert no_engine.count("Q5_0") == FEWEST_ROUNDS  # it was ahead in each
    assert "Q4_0" not in no_engine


def test_a_source_that_is_the_fastest_stays_as_it_is(
    tmp_path: Path, no_engine: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RATES, "source", 40)
    source = write_model(tmp_path / "tiny.gguf")
    changes = Changes(fastest=Fastest(loss=2, runner=Runner(2)))
    made = prepare(str(source), sha256=None, changes=changes, output=tmp_path / "made.gguf")
    assert list(tmp_path.iterdir()) == [made] == [source]


async def test_the_engine_tells_speeds_and_no_loss_of_the_same_file(tmp_path: Path) -> None:
    file = random_model("Q8_0", shape=TINY, folder=tmp_path)
    speed = await measured_speed(file, Runner(2), seed=0)
    assert min(speed.prompt, speed.single, speed.streams) > 0
    first, again = [await likelihoods_of(file, Runner(2)) for _ in range(2)]
    assert len(first) == 8 * TOKENS
    assert Loss.between(first, again).divergence == pytest.approx(0, abs=1e-4)


async def test_what_the_engine_cannot_load_is_said(tmp_path: Path) -> None:
    file = tmp_path / "wrong.gguf"
    file.write_bytes(b"GGUF")
    with pytest.raises(ModelError, match=r"wrong\.gguf: the engine does not run it; it said: "):
        async with engine_with(file, Runner(1), slots=1):
            pass
