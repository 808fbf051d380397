"""Rounding that searches for its scale loses less than the library's, and reads the same."""

from __future__ import annotations

import numpy as np
import pytest
from gguf.constants import GGMLQuantizationType
from gguf.quants import dequantize, quantize

from service.model.rounding import LEVELS, rounded

KINDS = pytest.mark.parametrize("kind", LEVELS, ids=lambda kind: kind.name)


def error(packed: np.ndarray, kind: GGMLQuantizationType, values: np.ndarray) -> float:
    return float(np.square(dequantize(packed, kind) - values).mean())


@KINDS
def test_less_is_lost_than_by_the_library(kind: GGMLQuantizationType) -> None:
    values = np.random.default_rng(1).standard_normal((64, 128), dtype=np.float32)
    assert error(rounded(values, kind), kind, values) < 0.92 * error(
        quantize(values, kind), kind, values
    )


@KINDS
def test_values_that_are_levels_stay_as_they_are(kind: GGMLQuantizationType) -> None:
    lowest, highest = LEVELS[kind]
    values = np.resize(np.arange(lowest, highest + 1, dtype=np.float32) / 4, (3, 32))
    assert error(rounded(values, kind), kind, values) == 0


@KINDS
def test_zeros_stay_zeros(kind: GGMLQuantizationType) -> None:
    values = np.zeros((2, 64), dtype=np.float32)
    assert error(rounded(values, kind), kind, values) == 0


@KINDS
def test_matrices_of_experts_keep_their_shape(kind: GGMLQuantizationType) -> None:
    values = np.ones((2, 3, 64), dtype=np.float32)
    assert rounded(values, kind).shape == quantize(values, kind).shape
