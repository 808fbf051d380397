"""Which type each matrix of a model gets: recipes, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from gguf import LlamaFileType
from gguf.constants import GGMLQuantizationType

from service.model.errors import ModelError

# The token's embedding, and the output where it is a matrix of its own.
VOCABULARY: Final = frozenset({"token_embd.weight", "output.weight"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """`attention`: of each layer, its four matrices; `others`: feed-forward and all else."""

    others: GGMLQuantizationType
    attention: GGMLQuantizationType
    vocabulary: GGMLQuantizationType

    @classmethod
    def of(
        cls, others: str, *, attention: str | None = None, vocabulary: str | None = None
    ) -> Recipe:
        """What is None is like the others."""
        return cls(
            others=GGMLQuantizationType[others],
            attention=GGMLQuantizationType[attention or others],
            vocabulary=GGMLQuantizationType[vocabulary or others],
        )

    def kind(self, tensor: str) -> GGMLQuantizationType:
        """For a matrix of that name."""
        if tensor in VOCABULARY:
            return self.vocabulary
        return self.attention if ".attn_" in tensor else self.others

    @property
    def file_type(self) -> LlamaFileType:
        """What the file says of itself."""
        return LlamaFileType[f"MOSTLY_{self.others.name}"]


# Those of one name have one type, but for the vocabulary's matrices, which lose most by few bits.
RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType(
    {
        "F16": Recipe.of("F16"),
        "BF16": Recipe.of("BF16"),
        "Q8_0": Recipe.of("Q8_0"),
        "Q5_1": Recipe.of("Q5_1", vocabulary="Q8_0"),
        "Q5_0": Recipe.of("Q5_0", vocabulary="Q8_0"),
        "Q4_1": Recipe.of("Q4_1", vocabulary="Q8_0"),
        "Q4_0": Recipe.of("Q4_0", vocabulary="Q8_0"),
    }
)
# Not the floats: twice the bytes of Q8_0, for next to nothing.
TRIED: Final = tuple(name for name in RECIPES if name not in {"F16", "BF16"})


def recipe(name: str) -> Recipe:
    """Raises ModelError for one that there is none of."""
    if name not in RECIPES:
        raise ModelError(
            f"--type: got {name}, for which there is no recipe; choose one of "
            f"{', '.join(RECIPES)} (for K and IQ types use llama.cpp's llama-quantize)"
        )
    return RECIPES[name]
