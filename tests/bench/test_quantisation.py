"""What the table of types calls loss."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from bench.quantisation import SHIPPED, Measured, divergence, report


def test_the_same_likelihoods_do_not_diverge() -> None:
    assert divergence({1: 0.7, 2: 0.2}, {1: 0.7, 2: 0.2}) == pytest.approx(0)


def test_divergence_is_kullback_leiblers_with_the_untold_as_one_token() -> None:
    expected = 0.5 * math.log(0.5 / 0.25) + 0.5 * math.log(0.5 / 0.75)
    assert divergence({1: 0.5, 2: 0.3}, {1: 0.25, 3: 0.1}) == pytest.approx(expected)


def test_a_row_has_the_medians_of_the_rounds(tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    file.write_bytes(bytes(2_000_000))
    measured = Measured(file, [1, 9, 2], [3, 8, 4], [5, 7, 6], 0.01234, 0.955)
    told = report({SHIPPED: measured}, rounds=3, positions=10, threads=1)
    assert "| shipped (Q4_1) | 2 MB | 2 | 4 | 6 | 0.0123 | 96% |" in told
