"""Where a choice ends at a stop sequence, and what is held back for it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from service.engine.stops import StopWatcher
from service.generation import Chunk, FinishReason, TokenLogprob

END = Chunk(finish_reason=FinishReason.LENGTH)


def stopped(by: str) -> Chunk:
    return Chunk(finish_reason=FinishReason.STOP, stop_sequence=by)


def read(stops: list[str], *chunks: Chunk) -> list[list[Chunk]]:
    """What goes out at each chunk that is still to be read."""
    watcher = StopWatcher(stops)
    return [list(watcher.read(chunk)) for chunk in chunks if not watcher.stopped]


def test_text_before_the_sequence_goes_out_and_the_rest_does_not() -> None:
    found = read(["six"], Chunk(text="five s"), Chunk(text="ix seven"), END)
    assert found == [[], [Chunk(text="five "), stopped("six")]]


def test_text_that_only_began_like_a_sequence_goes_out_whole() -> None:
    pieces = [Chunk(text="5,"), Chunk(text=" 6"), Chunk(text="7")]
    assert read([" 6ZZ"], *pieces) == [pieces[:1], [], pieces[1:]]


def test_text_that_is_held_back_goes_out_before_an_end_a_call_or_a_thought() -> None:
    held = Chunk(text=" 6")
    for other in (END, Chunk(reasoning="Hm.")):
        assert read([" 6ZZ"], held, other) == [[], [held, other]]


def test_text_that_comes_with_the_end_goes_out_with_it() -> None:
    end = Chunk(text=" 6", finish_reason=FinishReason.LENGTH)
    assert read([" 6ZZ"], Chunk(text="5,"), end) == [[Chunk(text="5,")], [end]]
    assert read([" 6"], end) == [[stopped(" 6")]]


def test_first_sequence_in_the_text_is_the_one_that_ends_it() -> None:
    assert read(["c", "bc"], Chunk(text="abc")) == [[Chunk(text="a"), stopped("bc")]]


def test_token_keeps_its_log_probability_where_the_sequence_begins_in_it() -> None:
    told = (TokenLogprob("ab", -0.5, tuple(b"ab")),)
    (found,) = read(["b"], Chunk(text="ab", logprobs=told))
    assert found[0] == Chunk(text="a", logprobs=told)


@given(
    st.lists(st.text("ab", min_size=1, max_size=4), max_size=12),
    st.lists(st.text("ab", min_size=1, max_size=4), min_size=1, max_size=3),
)
def test_text_has_none_of_the_sequences_and_ends_before_one_however_it_comes(
    pieces: list[str], stops: list[str]
) -> None:
    chunks = [Chunk(text=piece) for piece in pieces]
    out = [chunk for found in read(stops, *chunks, END) for chunk in found]
    text, whole = "".join(chunk.text for chunk in out), "".join(pieces)
    assert not any(stop in text for stop in stops)
    if any(stop in whole for stop in stops):
        assert whole.startswith(text + str(out[-1].stop_sequence))
    else:
        assert (text, out[-1]) == (whole, END)
