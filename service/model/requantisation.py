"""Writes a GGUF file's weights in another type, or its chat template anew; the rest stays as it is.

Needs the `gguf` library, whose quantiser is written in NumPy and knows the plain types only.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Final

import numpy as np
from gguf import GGUFReader, GGUFValueType, GGUFWriter, ReaderTensor
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize, quantize

from service.model.inspection import read_model, value
from service.model.recipes import Recipe, recipe

FILE_TYPE: Final = "general.file_type"
CHAT_TEMPLATE: Final = "tokenizer.chat_template"
# Small, and read as floats by the engine: routers of experts, convolutions, positions.
KEPT: Final = ("ffn_gate_inp", "ssm_conv1d", "shortconv", "position_embd", "token_types", "_norm")


def requantise(
    source: Path,
    target: Path,
    *,
    type_name: str | None,
    chat_template: str | None = None,
    on_progress: Callable[[int, int], None],
) -> None:
    """What is None stays. Progress counts the source's bytes.

    Memory: four bytes for each value of one tensor.
    """
    reader = read_model(source)
    writer = GGUFWriter(target, str(value(reader, "general.architecture", "unknown")))
    changed: list[str] = []
    chosen = None if type_name is None else recipe(type_name)
    if chosen is not None:
        changed.append(FILE_TYPE)
        writer.add_file_type(chosen.file_type)
    if chat_template is not None:
        changed.append(CHAT_TEMPLATE)
        writer.add_chat_template(chat_template)
    copy_metadata(reader, writer, but=changed)
    wanted = [type_of(tensor, chosen) for tensor in reader.tensors]
    for tensor, kind in zip(reader.tensors, wanted, strict=True):
        announce(writer, tensor, kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    done, total = 0, sum(int(tensor.n_bytes) for tensor in reader.tensors)
    for tensor, kind in zip(reader.tensors, wanted, strict=True):
        writer.write_tensor_data(converted(tensor, kind))
        done += int(tensor.n_bytes)
        on_progress(done, total)
    writer.close()


def copy_metadata(reader: GGUFReader, writer: GGUFWriter, *, but: Collection[str]) -> None:
    for name, field in reader.fields.items():
        if name.startswith("GGUF.") or name == "general.architecture" or name in but:
            continue  # the writer's own, and what changes
        kind = field.types[0]
        item = field.types[-1] if kind is GGUFValueType.ARRAY else None
        writer.add_key_value(name, field.contents(), kind, sub_type=item)


def type_of(tensor: ReaderTensor, chosen: Recipe | None) -> GGMLQuantizationType:
    """The type that a tensor gets: its own where it is no matrix, or its rows fit no block."""
    if chosen is None:
        return tensor.tensor_type
    wanted = chosen.kind(tensor.name)
    matrix = len(tensor.shape) >= 2 and tensor.name.endswith(".weight")
    block, _ = GGML_QUANT_SIZES[wanted]
    if not matrix or any(part in tensor.name for part in KEPT) or tensor.shape[0] % block:
        return tensor.tensor_type
    return wanted


def announce(writer: GGUFWriter, tensor: ReaderTensor, kind: GGMLQuantizationType) -> None:
    shape = [int(size) for size in reversed(tensor.shape)]
    block, size = GGML_QUANT_SIZES[kind]
    bytes_ = int(tensor.n_elements) // block * size
    writer.add_tensor_info(tensor.name, shape, np.dtype(np.float32), bytes_, kind)


def converted(tensor: ReaderTensor, kind: GGMLQuantizationType) -> np.ndarray[Any, Any]:
    if kind is tensor.tensor_type:
        return tensor.data
    return quantize(dequantize(tensor.data, tensor.tensor_type), kind)
