"""Makes a GGUF of a 1B model's shape with random weights: the same work as a real one, no download.

    python -m bench.random_model --type Q8_0

Speed depends on the shape and the type of the weights, not on what they say. The tokenizer is the
bundled model's, so that the same prompts are as long in both.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from gguf import GGUFWriter
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import quantize

from service.model.bundled import bundled_model_path
from service.model.inspection import read_model, value
from service.model.progress import Progress
from service.model.recipes import RECIPES, recipe
from service.model.requantisation import copy_metadata

FOLDER = Path(__file__).resolve().parents[1] / ".venv" / "cache" / "models"
ROWS_AT_ONCE = 1024  # 33 MB of floats where they are 8192 wide
CONTEXT_TOKENS = 8192

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A Llama model's. The vocabulary is as long as the tokenizer's."""

    layers: int
    width: int
    feed_forward: int
    heads: int
    kv_heads: int

    @property
    def head_width(self) -> int:
        return self.width // self.heads


# Llama 3.2 1B's, from its config.json; its vocabulary has 128,256 tokens, ours 49,152.
ONE_BILLION: Final = Shape(layers=16, width=2048, feed_forward=8192, heads=32, kv_heads=8)


@dataclass(frozen=True)
class Tensor:
    """`rows` by `columns`, normally distributed with this `deviation`; one row of ones without."""

    name: str
    rows: int
    columns: int
    deviation: float | None

    def kind(self, type_name: str) -> GGMLQuantizationType:
        if self.deviation is None:
            return GGMLQuantizationType.F32
        return recipe(type_name).kind(self.name)

    @property
    def shape(self) -> list[int]:
        return [self.columns] if self.deviation is None else [self.rows, self.columns]

    def bytes(self, kind: GGMLQuantizationType) -> int:
        block, size = GGML_QUANT_SIZES[kind]
        return self.rows * self.columns // block * size

    def data(self, kind: GGMLQuantizationType, random: np.random.Generator) -> Array:
        """Its values in that type, made some rows at a time."""
        if self.deviation is None:
            return np.ones(self.columns, np.float32)
        parts = []
        for start in range(0, self.rows, ROWS_AT_ONCE):
            rows = min(ROWS_AT_ONCE, self.rows - start)
            values = random.standard_normal((rows, self.columns), np.float32)
            parts.append(quantize(values * np.float32(self.deviation), kind))
        return np.concatenate(parts)


def tensors(shape: Shape, *, vocabulary: int) -> Iterator[Tensor]:
    """Of all layers; the embedding is the output matrix too, as in Llama 3.2 1B."""
    width = shape.width
    yield matrix("token_embd", vocabulary, width)
    for layer in range(shape.layers):
        yield from layer_tensors(f"blk.{layer}", shape)
    yield Tensor("output_norm.weight", 1, width, None)


def layer_tensors(prefix: str, shape: Shape) -> Iterator[Tensor]:
    width, keys = shape.width, shape.kv_heads * shape.head_width
    yield Tensor(f"{prefix}.attn_norm.weight", 1, width, None)
    yield matrix(f"{prefix}.attn_q", width, width)
    yield matrix(f"{prefix}.attn_k", keys, width)
    yield matrix(f"{prefix}.attn_v", keys, width)
    yield matrix(f"{prefix}.attn_output", width, width)
    yield Tensor(f"{prefix}.ffn_norm.weight", 1, width, None)
    yield matrix(f"{prefix}.ffn_gate", shape.feed_forward, width)
    yield matrix(f"{prefix}.ffn_up", shape.feed_forward, width)
    yield matrix(f"{prefix}.ffn_down", width, shape.feed_forward)


def matrix(name: str, rows: int, columns: int) -> Tensor:
    """Scaled so that its output varies as its input does: sums of all layers then stay finite."""
    return Tensor(f"{name}.weight", rows, columns, columns**-0.5)


def random_model(
    type_name: str,
    *,
    shape: Shape = ONE_BILLION,
    seed: int = 0,
    folder: Path = FOLDER,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Path:
    """The file in the folder, which is made unless it is there. Raises ModelError for the type."""
    recipe(type_name)
    name = f"random-{shape.layers}x{shape.width}x{shape.feed_forward}-{type_name}-{seed}.gguf"
    target = folder / name
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(".part")
        write(part, type_name, shape=shape, seed=seed, on_progress=on_progress)
        part.rename(target)
    return target


def write(
    target: Path,
    type_name: str,
    *,
    shape: Shape,
    seed: int,
    on_progress: Callable[[int, int], None],
) -> None:
    """Memory: one tensor in its type. Progress counts the bytes written."""
    writer = GGUFWriter(target, "llama")
    vocabulary = add_metadata(writer, type_name, shape)
    listed = [(item, item.kind(type_name)) for item in tensors(shape, vocabulary=vocabulary)]
    for item, kind in listed:
        writer.add_tensor_info(item.name, item.shape, np.dtype(np.float32), item.bytes(kind), kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    done, total = 0, sum(item.bytes(kind) for item, kind in listed)
    for index, (item, kind) in enumerate(listed):
        writer.write_tensor_data(item.data(kind, np.random.default_rng([seed, index])))
        done += item.bytes(kind)
        on_progress(done, total)
    writer.close()


def add_metadata(writer: GGUFWriter, type_name: str, shape: Shape) -> int:
    """The shape, and the bundled model's tokenizer; how many tokens that has."""
    bundled = read_model(bundled_model_path())
    others = [name for name in bundled.fields if not name.startswith("tokenizer.")]
    copy_metadata(bundled, writer, but=others)
    vocabulary = len(value(bundled, "tokenizer.ggml.tokens", []))
    writer.add_name(f"Random weights, {shape.layers} layers, {shape.width} wide")
    writer.add_file_type(recipe(type_name).file_type)
    writer.add_vocab_size(vocabulary)
    writer.add_context_length(CONTEXT_TOKENS)
    writer.add_block_count(shape.layers)
    writer.add_embedding_length(shape.width)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(500_000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    return vocabulary


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.random_model")
    parser.add_argument("--type", default="Q8_0", choices=RECIPES, dest="type_name")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    progress = Progress(f"making a model in {arguments.type_name}", sys.stderr)
    print(random_model(on_progress=progress, **vars(arguments)))
    progress.finish()


if __name__ == "__main__":
    main()
