"""Chunks of several choices, calls and log probabilities as one whole answer."""

from __future__ import annotations

from service.aggregation import PartialAnswer
from service.generation import (
    Choice,
    Chunk,
    Completion,
    FinishReason,
    TokenLogprob,
    ToolCall,
    ToolCallPart,
    Usage,
)


def whole(*chunks: Chunk) -> Completion:
    answer = PartialAnswer()
    for chunk in chunks:
        answer.add(chunk)
    return answer.completion()


def test_choices_that_come_interleaved_are_told_apart() -> None:
    completion = whole(
        Chunk(index=1, text="b1"),
        Chunk(index=0, text="a1"),
        Chunk(index=1, text="b2", finish_reason=FinishReason.LENGTH),
        Chunk(index=0, finish_reason=FinishReason.STOP),
        Chunk(usage=Usage(5, 4)),
    )
    assert completion.choices == (
        Choice("a1"),
        Choice("b1b2", FinishReason.LENGTH),
    )
    assert completion.usage.total_tokens == 9


def test_tool_calls_are_put_together_by_their_number() -> None:
    completion = whole(
        Chunk(tool_calls=(ToolCallPart(0, "", id="call_a", name="look"),)),
        Chunk(tool_calls=(ToolCallPart(0, '{"x":'), ToolCallPart(1, "{}", id="b", name="go"))),
        Chunk(tool_calls=(ToolCallPart(0, "1}"),), finish_reason=FinishReason.TOOL_CALLS),
    )
    assert completion.choices[0].tool_calls == (
        ToolCall("call_a", "look", '{"x":1}'),
        ToolCall("b", "go", "{}"),
    )
    assert completion.finish_reason is FinishReason.TOOL_CALLS


def test_reasoning_and_log_probabilities_are_kept_in_order() -> None:
    first, second = TokenLogprob("a", -0.5, (97,)), TokenLogprob("b", -1.5, (98,))
    completion = whole(
        Chunk(reasoning="hm", logprobs=(first,)), Chunk(text="b", logprobs=(second,))
    )
    assert completion.choices[0] == Choice("b", reasoning="hm", logprobs=(first, second))


def test_answer_without_a_token_has_one_empty_choice() -> None:
    assert whole(Chunk(usage=Usage(5, 0))).choices == (Choice(),)


def test_usage_of_choices_counts_their_prompt_once() -> None:
    assert Usage(5, 3, 4).with_choice(Usage(5, 2, 5)) == Usage(5, 5, 5)


def test_usage_of_prompts_is_their_sum() -> None:
    assert Usage(5, 3, 4).with_prompt(Usage(6, 2, 5)) == Usage(11, 5, 9)
