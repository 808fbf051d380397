"""What each variant brings: how it is run alone, and how it is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import cpu_variants
from bench.cpu_variants import WHEEL, rows, variant_alone
from service.model.trial.loss import Loss
from service.model.trial.speed import Speed


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "engine"
    folder.mkdir()
    for name in ("llama-server", "libggml.so.0", "libggml-cpu-one.so", "libggml-cpu-two.so"):
        (folder / name).touch()
    monkeypatch.setattr(cpu_variants, "CPU_ENGINE", folder / "llama-server")
    return folder


def test_a_variant_alone_has_all_but_the_other_variants(built: Path, tmp_path: Path) -> None:
    program = Path(variant_alone("one", tmp_path / "alone"))
    names = {file.name for file in program.parent.iterdir()}
    assert names == {"llama-server", "libggml.so.0", "libggml-cpu-one.so"}
    assert not any(file.is_symlink() for file in program.parent.iterdir())


def test_speeds_are_medians_with_the_ratio_to_the_wheel_s() -> None:
    wheel = [Speed(10, 10, 10), Speed(1, 1, 1), Speed(10, 10, 10)]
    other = [Speed(30, 20, 10), Speed(3, 2, 1), Speed(30, 20, 10)]
    losses = {WHEEL: Loss(0, 1), "one": Loss(0.0034, 0.97)}
    told = list(rows(losses, {WHEEL: wheel, "one": other}))
    assert told[1] == ["one", "0.0034", "97%", "30 (3.00)", "20 (2.00)", "10 (1.00)"]
