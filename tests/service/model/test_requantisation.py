"""Weights in another type: near the old ones, with all that is not a matrix untouched."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFReader, LlamaFileType
from gguf.quants import dequantize

from service.model.errors import ModelError
from service.model.inspection import inspect
from service.model.requantisation import requantise
from tests.service.model.files import SHAPES, write_model

# The largest error of a value in a block, in parts of the block's largest: half a step of the type.
WORST = {
    "F16": 0.001,
    "BF16": 0.01,
    "Q8_0": 0.01,
    "Q5_1": 0.06,
    "Q5_0": 0.07,
    "Q4_1": 0.1,
    "Q4_0": 0.14,
}


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write_model(tmp_path / "tiny.gguf")


def in_type(file: Path, type_name: str) -> GGUFReader:
    target = file.with_name(f"{type_name}.gguf")
    requantise(file, target, type_name=type_name, on_progress=lambda done, total: None)
    return GGUFReader(target)


@pytest.mark.parametrize("type_name", WORST)
def test_each_type_keeps_the_weights_within_half_a_step(tiny: Path, type_name: str) -> None:
    before = {tensor.name: tensor.data for tensor in GGUFReader(tiny).tensors}
    for tensor in in_type(tiny, type_name).tensors:
        after = dequantize(tensor.data, tensor.tensor_type)
        error = np.abs(after - before[tensor.name]).max() / np.abs(before[tensor.name]).max()
        assert error <= WORST[type_name], tensor.name


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("blk.0.attn_q.weight", "Q4_0"),
        ("blk.1.ffn_up.weight", "Q4_0"),
        ("token_embd.weight", "Q8_0"),
        ("blk.0.attn_norm.weight", "F32"),
        ("blk.0.ffn_gate_inp.weight", "F32"),
        ("blk.1.ffn_down.weight", "F32"),
    ],
)
def test_a_narrow_type_is_for_large_matrices_only(tiny: Path, name: str, kind: str) -> None:
    kinds = {tensor.name: tensor.tensor_type.name for tensor in in_type(tiny, "Q4_0").tensors}
    assert kinds[name] == kind


def test_tokens_and_metadata_come_along_and_the_file_type_changes(tiny: Path) -> None:
    reader = in_type(tiny, "Q8_0")
    assert reader.fields["tokenizer.ggml.tokens"].contents() == ["a", "b", "c"]
    assert reader.fields["general.name"].contents() == "Tiny"
    assert reader.fields["general.file_type"].contents() == LlamaFileType.MOSTLY_Q8_0


def test_a_type_without_a_recipe_is_refused_with_those_that_have_one(tiny: Path) -> None:
    with pytest.raises(ModelError, match=r"got Q4_K, for which .* choose one of F16, .*Q4_0"):
        in_type(tiny, "Q4_K")


def test_facts_are_those_of_the_file(tiny: Path) -> None:
    facts = inspect(tiny)
    assert (facts.architecture, facts.name, facts.trained_tokens) == ("llama", "Tiny", 512)
    assert facts.parameters == sum(int(np.prod(shape)) for shape in SHAPES.values())
    assert facts.types == {"F32": facts.parameters}
    assert facts.bytes == tiny.stat().st_size
    # 2 layers, 2 key-value heads of 64 / 4 values, a key and a value each, 2 bytes a value.
    assert facts.kv_bytes_per_token == 2 * 2 * (16 + 16) * 2


def test_heads_of_another_width_than_the_embeddings_cost_what_the_file_says(tmp_path: Path) -> None:
    file = write_model(
        tmp_path / "wide.gguf", llama__attention__key_length=32, llama__attention__value_length=8
    )
    assert inspect(file).kv_bytes_per_token == 2 * 2 * (32 + 8) * 2


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", b"GGUF"])
def test_what_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "wrong.gguf"
    file.write_bytes(content)
    with pytest.raises(ModelError, match="is no readable GGUF file"):
        inspect(file)


def test_a_part_of_a_model_is_refused(tmp_path: Path) -> None:
    file = write_model(tmp_path / "part.gguf", split__count=3)
    with pytest.raises(ModelError, match="is one of 3 parts; join them"):
        inspect(file)
