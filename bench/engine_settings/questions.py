"""The settings that are asked about: the variants of each, and the work that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.engine import AS_IN_A_TASK, Variant
from bench.engine_settings.loads import (
    BESIDE,
    EIGHT,
    LEAVING,
    PREFIX,
    PROMPT,
    REPETITIVE,
    SINGLE,
    Load,
)
from service.model.trial.speed import STREAMS


@dataclass(frozen=True, slots=True)
class Question:
    """Variants of one setting, the first as in a task today, and what each has to do."""

    variants: Mapping[str, Variant]
    loads: tuple[Load, ...]
    slots: int = STREAMS


def llama(**values: object) -> Variant:
    """With llama.cpp's own parameters; two underscores stand for a point."""
    return Variant(llama={name.replace("__", "."): value for name, value in values.items()})


def speculation(kind: str, **values: object) -> Variant:
    return llama(speculative__types=[kind], **values)


QUESTIONS: Mapping[str, Question] = {
    "threads": Question(
        {
            "2 and 2": AS_IN_A_TASK,
            "1 and 1": llama(cpuparams__n_threads=1, cpuparams_batch__n_threads=1),
            "1 to generate, 2 for prompts": llama(cpuparams__n_threads=1),
            "3 and 3": llama(cpuparams__n_threads=3, cpuparams_batch__n_threads=3),
        },
        (PROMPT, SINGLE, EIGHT, BESIDE),
    ),
    "waiting": Question(
        {
            "libgomp's default": AS_IN_A_TASK,
            "spin 0": Variant(environment={"GOMP_SPINCOUNT": "0"}),
            "spin 1,000": Variant(environment={"GOMP_SPINCOUNT": "1000"}),
            "spin 10,000": Variant(environment={"GOMP_SPINCOUNT": "10000"}),
            "passive": Variant(environment={"OMP_WAIT_POLICY": "passive"}),
            "active": Variant(environment={"OMP_WAIT_POLICY": "active"}),
        },
        (PROMPT, SINGLE, EIGHT, BESIDE),
    ),
    "batch": Question(
        {
            "64": AS_IN_A_TASK,
            **{
                str(tokens): Variant(ours={"batch_tokens": tokens})
                for tokens in (32, 128, 256, 512)
            },
        },
        (PROMPT, LEAVING),
        slots=1,
    ),
    "kv": Question(
        {
            "F16": AS_IN_A_TASK,
            "Q8_0": llama(cache_type_k="TYPE_Q8_0", cache_type_v="TYPE_Q8_0"),
            "Q8_0 keys": llama(cache_type_k="TYPE_Q8_0"),
            "F32": llama(cache_type_k="TYPE_F32", cache_type_v="TYPE_F32"),
        },
        (PROMPT, SINGLE, EIGHT),
    ),
    "flash": Question(
        {
            "auto": AS_IN_A_TASK,
            "on": llama(flash_attn_type="ENABLED"),
            "off": llama(flash_attn_type="DISABLED"),
        },
        (PROMPT, SINGLE, EIGHT),
    ),
    "unified": Question(
        {"one for each slot": AS_IN_A_TASK, "unified": llama(kv_unified=True)},
        (PROMPT, SINGLE, EIGHT, PREFIX),
    ),
    "prefix": Question(
        {
            "kept in the slot": AS_IN_A_TASK,
            "and 256 MiB of prompt cache": Variant(ours={"prompt_cache_mib": 256}),
            "and chunks moved": llama(n_cache_reuse=64),
            "not kept": llama(cache_prompt=False, slot_prompt_similarity=0.0),
        },
        (PREFIX,),
    ),
    "speculation": Question(
        {
            "none": AS_IN_A_TASK,
            "ngram-simple": speculation("NGRAM_SIMPLE"),
            "ngram-map": speculation("NGRAM_MAP_K"),
            "ngram-mod": speculation("NGRAM_MOD"),
        },
        (SINGLE, REPETITIVE, EIGHT),
    ),
    "repacking": Question(
        {"repacked": AS_IN_A_TASK, "as in the file": llama(no_extra_bufts=True)},
        (PROMPT, SINGLE, EIGHT),
    ),
}
