"""What is read of the engine's events."""

from __future__ import annotations

from typing import Any

from service.engine.chunks import ChunkReader
from service.generation import (
    Chunk,
    GenerationRequest,
    Message,
    Prompts,
    TokenLogprob,
    Usage,
)
from service.sampling import Sampling

CHAT = (Message("user", "Hi"),)


def entry(id_: int, data: bytes, logprob: float, *others: Any) -> Any:
    """Of a token, as the engine writes it: of its text what is whole characters."""
    told = {"id": id_, "token": data.decode(errors="ignore"), "bytes": list(data)}
    return told | {"logprob": logprob, "top_logprobs": list(others)}


def delta(told: Any, *entries: Any) -> Any:
    choice = {"index": 0, "finish_reason": None, "delta": told}
    return {"choices": [choice | ({"logprobs": {"content": list(entries)}} if entries else {})]}


def chunks(*events: Any) -> list[Chunk]:
    reader = ChunkReader(GenerationRequest(prompt=CHAT, sampling=Sampling(), alternatives=2))
    return [chunk for event in events for chunk in reader.read(event)]


def test_each_prompts_tokens_count_once_whatever_choice_ends_first() -> None:
    prompts = Prompts(("A short prompt", "A longer one"))
    reader = ChunkReader(GenerationRequest(prompt=prompts, sampling=Sampling(n=2)))
    for choice, tokens, cached in ((1, 4, 0), (3, 9, 2), (2, 9, 3), (0, 4, 0)):
        usage = {
            "prompt_tokens": tokens,
            "completion_tokens": 10,
            "prompt_tokens_details": {"cached_tokens": cached},
        }
        end = {"index": choice, "text": "", "finish_reason": "length"}
        list(reader.read({"choices": [end], "usage": usage}))
    assert reader.last().usage == Usage(13, 40, 3)


def test_choice_that_stops_is_left_out_while_the_others_go_on() -> None:
    request = GenerationRequest(prompt=CHAT, sampling=Sampling(n=2, stop=["b"]))
    reader = ChunkReader(request)

    def said(index: int, text: str, tokens: int, **fields: Any) -> Any:
        choice = {"index": index, "finish_reason": None, "delta": {"content": text}} | fields
        timings = {"cache_n": 2, "prompt_n": 3, "predicted_n": tokens}
        return {"choices": [choice], "timings": timings}

    def usage(tokens: int) -> Any:
        return {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": tokens}}

    first = [said(0, "a", 1), said(1, "c", 1), said(0, "b", 2)]
    assert [chunk.text for event in first for chunk in reader.read(event)] == ["a", "c", ""]
    assert not reader.finished
    ended = {"finish_reason": "length", "delta": {}}
    rest = [said(0, "d", 3), said(0, "", 4, **ended), usage(4), said(1, "e", 2)]
    assert [chunk.text for event in rest for chunk in reader.read(event)] == ["e"]
    assert not reader.finished
    list(reader.read(said(1, "", 2, **ended)))
    list(reader.read(usage(2)))
    assert reader.finished
    assert reader.last().usage == Usage(5, 4, 2)


def test_character_of_several_tokens_is_one_entry_and_the_same_among_the_likeliest() -> None:
    fox = "🦊"
    likeliest = entry(7, b"\x8a", -0.5), entry(8, b"\x8b", -2.0)
    (chunk,) = chunks(delta({"content": fox}, entry(7, fox.encode(), -0.5, *likeliest)))
    itself = TokenLogprob(fox, -0.5, tuple(fox.encode()))
    part = TokenLogprob("", -2.0, (0x8B,))
    assert chunk.logprobs == (TokenLogprob(fox, -0.5, tuple(fox.encode()), (itself, part)),)


def test_text_that_was_held_back_comes_with_the_token_that_let_it_go() -> None:
    (chunk,) = chunks(delta({"content": "<b"}, entry(3, b"b", -0.25, entry(3, b"b", -0.25))))
    (told,) = chunk.logprobs
    assert (told.token, bytes(told.utf8), told.logprob) == ("<b", b"<b", -0.25)


def test_what_is_no_text_of_the_answer_has_no_log_probabilities() -> None:
    fence, thought, called = (entry(id_, b"a", -1.0, entry(id_, b"a", -1.0)) for id_ in range(3))
    part = {"index": 0, "function": {"arguments": "a"}}
    found = chunks(
        delta({"role": "assistant", "content": None}, fence),
        delta({"reasoning_content": "a"}, thought),
        delta({"tool_calls": [part]}, called),
    )
    assert [(chunk.reasoning, chunk.logprobs) for chunk in found] == [("a", ()), ("", ())]
