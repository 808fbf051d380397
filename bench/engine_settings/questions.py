"""The settings that are asked about: the variants of each, and the work that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bench.engine import AS_IN_A_TASK, Variant
from bench.engine_settings.loads import (
    BESIDE,
    BESIDE_REPETITIVE,
    EIGHT,
    EIGHT_REPETITIVE,
    LEAVING,
    PREFIX,
    PROMPT,
    REPETITIVE,
    SINGLE,
    Load,
)
from service.model.trial.engine import BATCH_TOKENS
from service.model.trial.speed import STREAMS

LONGEST_DRAFT_TOKENS = 64  # of llama.cpp's drafters, by default
DRAFTING_BATCH_TOKENS = STREAMS * (1 + LONGEST_DRAFT_TOKENS)


@dataclass(frozen=True, slots=True)
class Question:
    """Variants of one setting, the first as in a task today, and what each has to do."""

    variants: Mapping[str, Variant]
    loads: tuple[Load, ...]
    slots: int = STREAMS


def llama(options: str, **values: object) -> Variant:
    """With llama.cpp's own parameters: as a `llama-server`'s options, and as the wheel's names for
    the same, in which two underscores stand for a point."""
    return Variant(
        options=options.split(),
        llama={name.replace("__", "."): value for name, value in values.items()},
    )


def cache_types(keys: str, values: str) -> Variant:
    return llama(
        f"--cache-type-k {keys} --cache-type-v {values}",
        cache_type_k=f"TYPE_{keys.upper()}",
        cache_type_v=f"TYPE_{values.upper()}",
    )


def guesses(tokens: int, *, after: int, batch: int = BATCH_TOKENS) -> Variant:
    """As the service has them."""
    return Variant(ours={"draft_tokens": tokens, "match_tokens": after, "batch_tokens": batch})


def drafter(kind: str) -> Variant:
    """By another drafter of llama.cpp's, with drafts as long as it makes them by itself."""
    drafted = llama(f"--spec-type {kind}", speculative__types=[kind.upper().replace("-", "_")])
    return replace(drafted, ours={"batch_tokens": DRAFTING_BATCH_TOKENS})


QUESTIONS: Mapping[str, Question] = {
    "threads": Question(
        {
            "2 and 2": AS_IN_A_TASK,
            "1 and 1": llama(
                "--threads 1 --threads-batch 1",
                cpuparams__n_threads=1,
                cpuparams_batch__n_threads=1,
            ),
            "1 to generate, 2 for prompts": llama("--threads 1", cpuparams__n_threads=1),
            "3 and 3": llama(
                "--threads 3 --threads-batch 3",
                cpuparams__n_threads=3,
                cpuparams_batch__n_threads=3,
            ),
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
            "Q8_0": cache_types("q8_0", "q8_0"),
            "Q8_0 keys": cache_types("q8_0", "f16"),
            "BF16": cache_types("bf16", "bf16"),
            "F32": cache_types("f32", "f32"),
        },
        (PROMPT, SINGLE, EIGHT),
    ),
    "flash": Question(
        {
            "auto": AS_IN_A_TASK,
            "on": llama("--flash-attn on", flash_attn_type="ENABLED"),
            "off": llama("--flash-attn off", flash_attn_type="DISABLED"),
        },
        (PROMPT, SINGLE, EIGHT),
    ),
    "unified": Question(
        {"one for each slot": AS_IN_A_TASK, "unified": llama("--kv-unified", kv_unified=True)},
        (PROMPT, SINGLE, EIGHT, PREFIX),
    ),
    "prefix": Question(
        {
            "kept in the slot": AS_IN_A_TASK,
            "and 256 MiB of prompt cache": Variant(ours={"prompt_cache_mib": 256}),
            "and chunks moved": llama("--cache-reuse 64", n_cache_reuse=64),
            "not kept": llama(
                "--no-cache-prompt --slot-prompt-similarity 0",
                cache_prompt=False,
                slot_prompt_similarity=0.0,
            ),
        },
        (PREFIX,),
    ),
    "speculation": Question(
        {
            "none": AS_IN_A_TASK,
            "7 after 6": guesses(7, after=6),
            "none, batches of 128": Variant(ours={"batch_tokens": 128}),
            "7 after 6, batches of 128": guesses(7, after=6, batch=128),
            "15 after 6, batches of 128": guesses(15, after=6, batch=128),
            "ngram-map, batches of 520": drafter("ngram-map-k"),
            "ngram-mod, batches of 520": drafter("ngram-mod"),
        },
        (SINGLE, REPETITIVE, EIGHT, EIGHT_REPETITIVE, BESIDE_REPETITIVE),
    ),
    "repacking": Question(
        {"repacked": AS_IN_A_TASK, "as in the file": llama("--no-repack", no_extra_bufts=True)},
        (PROMPT, SINGLE, EIGHT),
    ),
}
