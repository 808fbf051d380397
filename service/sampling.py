"""How to generate: OpenAI's options and those of llama.cpp that its users rely on, with ranges."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
)
from pydantic_core import PydanticCustomError

from service.counts import fields_at_most
from service.structure.grammar import checked_grammar
from service.structure.limits import Limits
from service.structure.schema import prepared_schema

STOP_SEQUENCES_AT_MOST = 4  # OpenAI's API reference, `stop`
INT64_MAX = 2**63 - 1
CHOICES_AT_MOST = 128  # OpenAI's API reference, `n`; the endpoint's slots bound it further
GRAMMAR_CHARACTERS_AT_MOST = 16 * 1024
TOKENS_BACK_AT_MOST = 1 << 20  # of what was said before; no context is longer
BREAKERS_AT_MOST = 16
BIASES_AT_MOST = 300  # OpenAI's limit on `logit_bias`
ALTERNATIVES_AT_MOST = 20  # OpenAI's API reference, `top_logprobs`


def as_list(value: object) -> object:
    """OpenAI's API takes one string where it takes a list of them."""
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list):
        raise PydanticCustomError("texts_type", "Input should be a text, or a list of texts")
    return value


def limits_of(info: ValidationInfo) -> Limits | None:
    """Those that all forms of a request share, where it is validated with any."""
    return info.context if isinstance(info.context, Limits) else None


def honoured_schema(schema: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
    return prepared_schema(schema, limits_of(info))


def harmless_grammar(grammar: str, info: ValidationInfo) -> str:
    return checked_grammar(grammar, limits_of(info))


JsonSchema = Annotated[dict[str, Any], AfterValidator(honoured_schema)]
Grammar = Annotated[
    str,
    Field(
        min_length=1, max_length=GRAMMAR_CHARACTERS_AT_MOST, json_schema_extra={"format": "gbnf"}
    ),
    AfterValidator(harmless_grammar),
]
StopSequence = Annotated[str, Field(min_length=1, max_length=256)]
StopSequences = Annotated[list[StopSequence], Field(max_length=STOP_SEQUENCES_AT_MOST)]
Stops = Annotated[
    StopSequences,
    BeforeValidator(as_list, json_schema_input_type=StopSequence | StopSequences),
]
TokenId = Annotated[str, Field(pattern=r"^(0|[1-9][0-9]{0,8})$")]
Breakers = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=64)]],
    Field(min_length=1, max_length=BREAKERS_AT_MOST),
]
Bias = Annotated[float, Field(ge=-100, le=100)]
Biases = Annotated[
    dict[TokenId, Bias], Field(max_length=BIASES_AT_MOST), fields_at_most(BIASES_AT_MOST)
]


class Sampling(BaseModel):
    """How to generate. Ranges are OpenAI's, or llama.cpp's; None leaves the engine's default."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)

    max_tokens: int | None = Field(
        None, ge=1, description="Most tokens to generate; fewer where the context ends."
    )
    n: int | None = Field(None, ge=1, le=CHOICES_AT_MOST, description="Answers to generate.")
    temperature: float | None = Field(None, ge=0, le=2, description="0 is greedy.")
    top_p: float | None = Field(None, ge=0, le=1, description="Nucleus sampling's mass.")
    seed: int | None = Field(None, ge=-INT64_MAX - 1, le=INT64_MAX)
    frequency_penalty: float | None = Field(None, ge=-2, le=2)
    presence_penalty: float | None = Field(None, ge=-2, le=2)
    stop: Stops | None = Field(None, description="Texts that end the generation.")
    logit_bias: Biases | None = Field(
        None, description="Added to the logits of tokens, by their ids."
    )

    # llama.cpp's own: https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
    top_k: int | None = Field(None, ge=0, le=1000, description="Likeliest tokens; 0 is all.")
    min_p: float | None = Field(None, ge=0, le=1, description="Of the likeliest token's chance.")
    typical_p: float | None = Field(None, ge=0, le=1, description="Locally typical sampling.")
    top_n_sigma: float | None = Field(None, ge=-1, le=100, description="-1 is off.")
    xtc_probability: float | None = Field(None, ge=0, le=1)
    xtc_threshold: float | None = Field(None, ge=0, le=1)
    dynatemp_range: float | None = Field(None, ge=0, le=2)
    dynatemp_exponent: float | None = Field(None, ge=0, le=10)
    mirostat: int | None = Field(None, ge=0, le=2, description="0 is off.")
    mirostat_tau: float | None = Field(None, ge=0, le=100)
    mirostat_eta: float | None = Field(None, ge=0, le=1)
    repeat_penalty: float | None = Field(None, gt=0, le=10)
    repeat_last_n: int | None = Field(None, ge=0, le=TOKENS_BACK_AT_MOST)
    dry_multiplier: float | None = Field(None, ge=0, le=100, description="0 is off.")
    dry_base: float | None = Field(None, ge=1, le=100)
    dry_allowed_length: int | None = Field(None, ge=0, le=TOKENS_BACK_AT_MOST)
    dry_penalty_last_n: int | None = Field(None, ge=0, le=TOKENS_BACK_AT_MOST)
    dry_sequence_breakers: Breakers | None = None
    cache_prompt: bool | None = Field(None, description="false: nothing is taken from the cache.")
    ignore_eos: bool | None = Field(None, description="Generate up to max_tokens.")
    grammar: Grammar | None = Field(None, description="What the text must fit, in GBNF.")
    json_schema: JsonSchema | None = Field(
        None, description="A JSON Schema that the text must fit; {} is any JSON."
    )
    timings_per_token: bool | None = Field(None, description="Timings with each chunk.")
    return_progress: bool | None = Field(None, description="How much of the prompt is done.")

    @classmethod
    def of(cls, body: Sampling) -> Sampling:
        """These fields of one that has others as well; they were validated with it."""
        return cls.model_construct(**{name: getattr(body, name) for name in cls.model_fields})
