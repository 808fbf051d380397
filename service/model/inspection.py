"""What a GGUF file says of itself: what it is, what it weighs, what a token of context costs.

Needs the `gguf` library, which tasks do not have: this is for the machine that prepares weights.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gguf import GGUFReader

from service.model.errors import ModelError
from service.model.progress import megabytes

CACHE_BYTES = 2  # the engine keeps keys and values as 16-bit floats


@dataclass(frozen=True, kw_only=True)
class ModelFacts:
    """`types` counts the parameters stored in each type, `kv_bytes_per_token` is of all layers."""

    architecture: str
    name: str
    parameters: int
    types: Mapping[str, int]
    trained_tokens: int
    kv_bytes_per_token: int
    bytes: int

    @property
    def mib(self) -> int:
        return math.ceil(self.bytes / 2**20)

    def lines(self) -> list[str]:
        """For a person to read."""
        shares = ", ".join(
            f"{name} {count / self.parameters:.1%}" for name, count in self.types.items()
        )
        return [
            f"model          {self.name} ({self.architecture})",
            f"parameters     {self.parameters / 1e6:,.1f} million: {shares}",
            f"size           {megabytes(self.bytes)} ({self.mib} MiB)",
            f"trained on     {self.trained_tokens} tokens of context",
            f"cache          {self.kv_bytes_per_token} bytes for each token of context",
        ]


def read_model(file: Path) -> GGUFReader:
    """Opens it by memory map; raises ModelError where it is no whole GGUF file of one part."""
    try:
        reader = GGUFReader(file)
    except (ValueError, IndexError, OSError) as broken:
        raise ModelError(f"{file}: is no readable GGUF file: {broken}; name one") from broken
    parts = value(reader, "split.count", 1)
    if parts > 1:
        raise ModelError(
            f"{file}: is one of {parts} parts; join them with llama.cpp's llama-gguf-split --merge"
        )
    return reader


def inspect(file: Path) -> ModelFacts:
    """Raises ModelError where the file is none that the engine can serve as a text model."""
    reader = read_model(file)
    types: Counter[str] = Counter()
    for tensor in reader.tensors:
        types[tensor.tensor_type.name] += int(tensor.n_elements)
    architecture = str(value(reader, "general.architecture", "unknown"))
    return ModelFacts(
        architecture=architecture,
        name=str(value(reader, "general.name", file.stem)),
        parameters=types.total(),
        types=dict(types.most_common()),
        trained_tokens=int(required(reader, f"{architecture}.context_length", file)),
        kv_bytes_per_token=cache_bytes(reader, architecture, file),
        bytes=file.stat().st_size,
    )


def cache_bytes(reader: GGUFReader, architecture: str, file: Path) -> int:
    """Keys and values of one token in all layers, with full attention in each.

    An upper bound where layers attend to a window only. A layer's heads may be a list.
    """
    layers = int(required(reader, f"{architecture}.block_count", file))
    heads = required(reader, f"{architecture}.attention.head_count", file)
    kv_heads = value(reader, f"{architecture}.attention.head_count_kv", heads)
    in_all_layers = sum(kv_heads) if isinstance(kv_heads, list) else layers * kv_heads
    most = max(heads) if isinstance(heads, list) else heads
    width = int(required(reader, f"{architecture}.embedding_length", file)) // most
    key = value(reader, f"{architecture}.attention.key_length", width)
    per_value = value(reader, f"{architecture}.attention.value_length", width)
    return int(in_all_layers * (key + per_value) * CACHE_BYTES)


def value(reader: GGUFReader, key: str, default: Any) -> Any:
    field = reader.get_field(key)
    return default if field is None else field.contents()


def required(reader: GGUFReader, key: str, file: Path) -> Any:
    found = value(reader, key, None)
    if found is None:
        raise ModelError(f"{file}: has no {key}; choose a text model with attention layers")
    return found
