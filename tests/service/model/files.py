"""A model file of a few kilobytes: two layers, one of them with a router, in 32-bit floats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from gguf import GGUFWriter

WIDTH = 64
SHAPES = {
    "token_embd.weight": (96, WIDTH),
    "blk.0.attn_q.weight": (WIDTH, WIDTH),
    "blk.0.attn_norm.weight": (WIDTH,),
    "blk.0.ffn_gate_inp.weight": (4, WIDTH),
    "blk.1.ffn_up.weight": (WIDTH, WIDTH),
    "blk.1.ffn_down.weight": (WIDTH, 48),  # 48 is no multiple of 32
}


def write_model(file: Path, **changes: int) -> Path:
    """`changes` are further numbers in its metadata, dots written as two underscores."""
    writer = GGUFWriter(file, "llama")
    writer.add_name("Tiny")
    writer.add_block_count(2)
    writer.add_context_length(512)
    writer.add_embedding_length(WIDTH)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_token_list(["a", "b", "c"])
    for name, number in changes.items():
        writer.add_uint32(name.replace("__", "."), number)
    random = np.random.default_rng(1)
    for name, shape in SHAPES.items():
        writer.add_tensor(name, random.standard_normal(shape, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file
