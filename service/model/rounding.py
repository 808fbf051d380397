"""Rounds weights to types that have one scale for each block of 32, so that least is lost.

The `gguf` library takes the scale that puts a block's largest value on the outermost level. Here
scales near that one are tried too, and the one stays that leaves the least sum of squared errors.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np
from gguf.constants import GGMLQuantizationType

BLOCK: Final = 32
BLOCKS_AT_ONCE: Final = 4096  # half a megabyte of values, which stays in a core's cache
# Where the outermost level is put, in parts of the block's largest value. Below 1 that value is cut
# off, for the good of the others.
REACHES: Final = (1.0, 0.8, 0.85, 0.9, 0.95, 1.05, 1.1, 1.15, 1.2)

Array = np.ndarray[Any, Any]


# What a value may be in parts of its block's scale: whole numbers from the first to the last.
LEVELS: Final[Mapping[GGMLQuantizationType, tuple[int, int]]] = {
    GGMLQuantizationType.Q4_0: (-8, 7),
    GGMLQuantizationType.Q5_0: (-16, 15),
}


def rounded(values: Array, kind: GGMLQuantizationType) -> Array:
    """Floats as bytes in a type of LEVELS, row by row. A row is a multiple of 32 long."""
    blocks = np.ascontiguousarray(values, dtype=np.float32).reshape(-1, BLOCK)
    levels = LEVELS[kind]
    parts = [blocks[at : at + BLOCKS_AT_ONCE] for at in range(0, len(blocks), BLOCKS_AT_ONCE)]
    with ThreadPoolExecutor(os.cpu_count()) as threads:  # NumPy computes without Python's lock
        packed = np.concatenate(list(threads.map(lambda part: rounded_blocks(part, levels), parts)))
    return packed.reshape(*values.shape[:-1], -1)


def rounded_blocks(blocks: Array, levels: tuple[int, int]) -> Array:
    """As ggml lays them out: the scale, each code's fifth bit where it has one, then its four."""
    scale = best_scale(blocks, levels).astype(np.float16)
    codes = (nearest(blocks, scale.astype(np.float32), levels) - levels[0]).astype(np.uint8)
    halves = codes.reshape(-1, 2, BLOCK // 2) & 15
    fours = halves[:, 0] | halves[:, 1] << 4
    fifth = [np.packbits(codes >> 4, axis=1, bitorder="little")] if levels[1] > 7 else []
    return np.concatenate([scale.view(np.uint8), *fifth, fours], axis=1)


def best_scale(blocks: Array, levels: tuple[int, int]) -> Array:
    """For each block, of the scales tried, each one moved to where least squares have it."""
    places = np.abs(blocks).argmax(axis=1, keepdims=True)
    largest = np.take_along_axis(blocks, places, axis=1)
    best = outermost = largest / levels[0]  # with its sign: there is one level more below 0
    most = np.full_like(best, -1)
    for reach in REACHES:
        taken = nearest(blocks, outermost * np.float32(reach), levels)
        product = np.einsum("bv,bv->b", blocks, taken)[:, None]
        square = np.einsum("bv,bv->b", taken, taken)[:, None]
        kept = product * product * inverse(square)  # of the squares' sum: what is no error
        best = np.where(kept > most, product * inverse(square), best)
        most = np.maximum(kept, most)
    return best


def nearest(blocks: Array, scale: Array, levels: tuple[int, int]) -> Array:
    taken: Array = np.clip(np.rint(blocks * inverse(scale)), *levels)
    return taken


def inverse(values: Array) -> Array:
    """0 for 0."""
    return np.divide(1, values, out=np.zeros_like(values), where=values != 0)
