"""What is asked about the engine's settings, and how the answers are told."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from pathlib import Path
from types import SimpleNamespace

import pytest

from bench.engine import AS_IN_A_TASK, Variant, command_of
from bench.engine_settings.__main__ import table
from bench.engine_settings.loads import EIGHT, LEAVING
from bench.engine_settings.questions import QUESTIONS, Question
from bench.varied_engine import changed
from service.engine.child import llama_parameters
from service.engine.process import command
from service.model.trial.engine import Runner, parameters_for

PARAMETERS = parameters_for(Path("model.gguf"), Runner(2), slots=8)
VARIANTS = [
    pytest.param(variant, id=f"{name}: {words}")
    for name, question in QUESTIONS.items()
    for words, variant in question.variants.items()
]


class Colour(Enum):
    COLOUR_RED = 0
    COLOUR_DARK_RED = 1
    COLOUR_BLUE = 2


def test_a_change_reaches_what_lies_deep() -> None:
    llama = SimpleNamespace(threads=SimpleNamespace(count=1))
    changed(llama, "threads.count", 2)
    assert llama.threads.count == 2


def test_a_member_is_told_by_the_end_of_its_name() -> None:
    llama = SimpleNamespace(colour=Colour.COLOUR_RED, colours=[Colour.COLOUR_RED])
    changed(llama, "colour", "BLUE")
    changed(llama, "colours", ["DARK_RED"])
    assert (llama.colour, llama.colours) == (Colour.COLOUR_BLUE, [Colour.COLOUR_DARK_RED])


@pytest.mark.parametrize(("path", "value"), [("colour", "GREEN"), ("color", "BLUE")])
def test_what_is_not_there_cannot_be_changed(path: str, value: str) -> None:
    with pytest.raises((ValueError, AttributeError)):
        changed(SimpleNamespace(colour=Colour.COLOUR_RED), path, value)


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_every_question_compares_something_with_what_a_task_has(question: Question) -> None:
    first, *others = question.variants.values()
    assert first == AS_IN_A_TASK
    assert others


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_changes_what_the_engine_has(variant: Variant) -> None:
    llama = llama_parameters(replace(PARAMETERS, **variant.ours))
    for path, value in variant.llama.items():
        changed(llama, path, value)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_variant_of_llama_cpp_s_own_is_one_for_a_program_too(variant: Variant) -> None:
    assert bool(variant.options) == bool(variant.llama)


def test_a_program_is_asked_with_the_variant_s_options() -> None:
    program = replace(PARAMETERS, program="/llama-server")
    *_, option, value = command_of(program, QUESTIONS["flash"].variants["off"])
    assert (option, value) == ("--flash-attn", "off")
    assert command_of(program, AS_IN_A_TASK) == command(program)


def test_a_figure_stands_beside_its_ratio_to_what_a_task_has() -> None:
    found = {
        "64": {EIGHT: [90.0, 100.0, 500.0], LEAVING: [0.5, 0.5, 0.5]},
        "256": {EIGHT: [150.0, 150.0, 10.0], LEAVING: [2.0, 1.0, 1.0]},
    }
    assert list(table(found)) == [
        "| | 8 streams, tok/s | slot free after a client left, s |",
        "|---|---|---|",
        "| 64 | 100 (1.00) | 0.5 (1.00) |",
        "| 256 | 150 (1.50) | 1 (2.00) |",
    ]
