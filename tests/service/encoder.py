"""A model that makes vectors only: BERT's architecture, tiny, with weights that mean nothing."""

from __future__ import annotations

import string
from pathlib import Path

import numpy as np
from gguf import GGUFWriter, PoolingType, TokenType

WIDTH, INNER_WIDTH, LAYERS, CONTEXT = 32, 64, 2, 128
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = [f"\u2581{word}" for word in ("cat", "dog", "the", *string.ascii_lowercase)]


def write_encoder(file: Path) -> Path:
    writer = GGUFWriter(file, "bert")
    writer.add_name("tiny-encoder")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER_WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_head_count(2)
    writer.add_layer_norm_eps(1e-12)
    writer.add_causal_attention(False)
    writer.add_pooling_type(PoolingType.MEAN)
    add_vocabulary(writer)
    for name, shape in shapes().items():
        values = np.random.default_rng(len(name)).normal(0, 0.1, shape)
        writer.add_tensor(name, values.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def add_vocabulary(writer: GGUFWriter) -> None:
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("default")
    writer.add_token_type_count(2)
    writer.add_token_list([*SPECIAL, *WORDS])
    writer.add_token_types([TokenType.CONTROL] * len(SPECIAL) + [TokenType.NORMAL] * len(WORDS))
    writer.add_pad_token_id(0)
    writer.add_unk_token_id(1)
    writer.add_bos_token_id(2)
    writer.add_sep_token_id(3)
    writer.add_mask_token_id(4)


def shapes() -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (len(SPECIAL) + len(WORDS), WIDTH),
        "position_embd.weight": (CONTEXT, WIDTH),
        "token_types.weight": (2, WIDTH),
        "token_embd_norm.weight": (WIDTH,),
        "token_embd_norm.bias": (WIDTH,),
    }
    for layer in range(LAYERS):
        for name, rows, columns in (
            *((f"attn_{part}", WIDTH, WIDTH) for part in ("q", "k", "v", "output")),
            ("ffn_up", INNER_WIDTH, WIDTH),
            ("ffn_down", WIDTH, INNER_WIDTH),
        ):
            found[f"blk.{layer}.{name}.weight"] = (rows, columns)
            found[f"blk.{layer}.{name}.bias"] = (rows,)
        for name in ("attn_output_norm", "layer_output_norm"):
            found[f"blk.{layer}.{name}.weight"] = (WIDTH,)
            found[f"blk.{layer}.{name}.bias"] = (WIDTH,)
    return found
