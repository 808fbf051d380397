"""Valid bodies of every REST route that takes one, in all their fields."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.fuzz.conversations import as_blocks, as_chat, as_items, conversations, texts
from tests.fuzz.forms import grammars, schemas

Body = dict[str, Any]
Strategy = st.SearchStrategy[Any]

MODEL = "smollm2-135m-instruct"
SCHEMA: Body = {
    "type": "object",
    "properties": {"age": {"type": "integer"}, "name": {"type": "string", "maxLength": 8}},
    "required": ["age"],
    "additionalProperties": False,
}
FUNCTION: Body = {
    "type": "function",
    "function": {"name": "weather", "description": "Tells it.", "parameters": SCHEMA},
}

small = st.integers(1, 8)

SAMPLING: dict[str, Strategy] = {
    "model": st.just(MODEL),
    "temperature": st.floats(0, 2),
    "top_p": st.floats(0, 1),
    "n": st.integers(1, 2),
    "seed": st.integers(-(2**63), 2**63 - 1),
    "stop": st.one_of(texts, st.lists(texts, min_size=1, max_size=4)),
    "frequency_penalty": st.floats(-2, 2),
    "presence_penalty": st.floats(-2, 2),
    "logit_bias": st.dictionaries(
        st.integers(0, 49_000).map(str), st.floats(-100, 100), max_size=3
    ),
    "stream": st.booleans(),
    "stream_options": st.just({"include_usage": True}),
    "user": texts,
    "top_k": st.integers(0, 100),
    "min_p": st.floats(0, 1),
    "repeat_penalty": st.floats(0.5, 2),
    "ignore_eos": st.booleans(),
    "timings_per_token": st.booleans(),
    "return_progress": st.booleans(),
}
# What the engine turns into a grammar, which it can be lost in.
FORMATS: dict[str, Strategy] = {
    "grammar": st.one_of(st.just('root ::= "yes" | "no"'), grammars),
    "json_schema": st.one_of(st.just(SCHEMA), schemas),
}
CHAT_FORMATS: dict[str, Strategy] = {
    "response_format": st.sampled_from(
        [
            {"type": "json_object"},
            {"type": "json_schema", "json_schema": {"name": "person", "schema": SCHEMA}},
        ]
    ),
    "tools": st.just([FUNCTION]),
    "tool_choice": st.sampled_from(
        ["auto", "none", "required", {"type": "function", "function": {"name": "weather"}}]
    ),
    "parallel_tool_calls": st.booleans(),
}
# A model that is cut off leaves a piece of an object.
called = st.sampled_from(['{"age": 3}', '{"age": 3}', "", '{"age', "[]", '{"age": 1e999}']).map(
    lambda text: {
        "id": "call_1",
        "type": "function",
        "function": {"name": "weather", "arguments": text},
    }
)

contents = st.one_of(
    texts, st.lists(texts.map(lambda text: {"type": "text", "text": text}), min_size=1, max_size=2)
)
turns = st.one_of(
    st.fixed_dictionaries(
        {
            "role": st.sampled_from(["system", "developer", "user", "assistant"]),
            "content": contents,
        },
        optional={"name": st.just("fox")},
    ),
    called.map(lambda call: {"role": "assistant", "content": None, "tool_calls": [call]}),
    st.just({"role": "tool", "content": "sunny", "tool_call_id": "call_1"}),
)


def chats(*, formats: bool) -> Strategy:
    optional = SAMPLING | {
        "logprobs": st.booleans(),
        "top_logprobs": st.integers(0, 20),
        "max_completion_tokens": small,
        "response_format": st.just({"type": "text"}),
    }
    if formats:
        optional |= FORMATS | CHAT_FORMATS
    wild = st.lists(turns, min_size=1, max_size=3)
    return some_of({"messages": st.one_of(wild, conversations().map(as_chat))}, optional)


def completions(*, formats: bool) -> Strategy:
    optional = SAMPLING | {
        "logprobs": st.integers(0, 5),
        "max_tokens": small,
        "echo": st.booleans(),
        "best_of": st.just(1),
        "suffix": texts,
    }
    if formats:
        optional |= FORMATS
    return some_of({"prompt": st.one_of(texts, st.lists(texts, min_size=1, max_size=1))}, optional)


@st.composite
def some_of(draw: st.DrawFn, required: dict[str, Strategy], optional: dict[str, Strategy]) -> Body:
    """The required fields and up to five others: with all of them few bodies would be valid."""
    names = draw(st.lists(st.sampled_from(sorted(optional)), max_size=5, unique=True))
    fields = required | {name: optional[name] for name in names}
    return {name: draw(value) for name, value in fields.items()}


def messages(*, formats: bool) -> Strategy:
    """Anthropic's."""
    optional: dict[str, Strategy] = {
        "model": st.just(MODEL),
        "system": contents,
        "stream": st.booleans(),
        "temperature": st.floats(0, 1),
        "top_p": st.floats(0, 1),
        "top_k": st.integers(0, 100),
        "stop_sequences": st.lists(texts, max_size=4),
        "metadata": st.just({"user_id": "fox"}),
        "thinking": st.just({"type": "disabled"}),
    }
    if formats:
        tool = {"name": "weather", "input_schema": SCHEMA}
        optional["tools"] = st.just([tool])
        optional["tool_choice"] = st.sampled_from([{"type": "auto"}, {"type": "any"}])
        optional["output_config"] = st.just({"format": {"type": "json_schema", "schema": SCHEMA}})
    return some_of({"messages": anthropic_turns(), "max_tokens": small}, optional)


def anthropic_turns() -> Strategy:
    turn = st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "assistant"]), "content": contents}
    )
    return st.one_of(st.lists(turn, min_size=1, max_size=3), conversations().map(as_blocks))


def counts() -> Strategy:
    return some_of({"messages": anthropic_turns()}, {"system": contents})


def responses(*, formats: bool) -> Strategy:
    """OpenAI's newer API."""
    part = st.fixed_dictionaries({"type": st.just("input_text"), "text": texts})
    content = st.one_of(texts, st.lists(part, min_size=1, max_size=2))
    call = {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": "{}"}
    item = st.one_of(
        st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant"]), "content": content}),
        st.just(call),
        st.just({"type": "function_call_output", "call_id": "call_1", "output": "sunny"}),
    )
    optional: dict[str, Strategy] = {
        "model": st.just(MODEL),
        "instructions": texts,
        "stream": st.booleans(),
        "temperature": st.floats(0, 2),
        "top_p": st.floats(0, 1),
        "top_logprobs": st.integers(0, 20),
        "metadata": st.just({"fox": "red"}),
        "store": st.just(False),
        "text": st.just({"format": {"type": "text"}}),
    }
    if formats:
        optional["tools"] = st.just([{"type": "function", "name": "weather", "parameters": SCHEMA}])
        optional["tool_choice"] = st.sampled_from(["auto", "none", "required"])
        form = {"type": "json_schema", "name": "person", "schema": SCHEMA}
        optional["text"] = st.sampled_from([{"format": form}, {"format": {"type": "json_object"}}])
    wild = st.lists(item, min_size=1, max_size=3)
    wanted = st.one_of(texts, wild, conversations().map(as_items))
    return some_of({"input": wanted, "max_output_tokens": small}, optional)


def inputs_of_responses() -> Strategy:
    wanted = st.one_of(texts, conversations().map(as_items))
    return some_of({"input": wanted}, {"instructions": texts, "model": st.just(MODEL)})


def embeddings() -> Strategy:
    ids = st.lists(st.integers(0, 49_000), min_size=1, max_size=8)
    wanted = st.one_of(texts, st.lists(texts, min_size=1, max_size=3), ids)
    return some_of(
        {"input": wanted},
        {"encoding_format": st.sampled_from(["float", "base64"]), "user": texts},
    )


def texts_of_tokens() -> Strategy:
    return some_of({"content": texts}, {"add_special": st.booleans(), "with_pieces": st.booleans()})


def tokens() -> Strategy:
    return some_of(
        {"tokens": st.lists(st.integers(0, 49_000), max_size=8)}, {"model": st.just(MODEL)}
    )


def forms() -> Strategy:
    """A completion that has to have a form, whatever that form is."""
    required = {"prompt": texts, "max_tokens": small}
    return st.one_of(
        *(
            some_of(required | {name: form}, {"stream": st.booleans()})
            for name, form in FORMATS.items()
        )
    )


def bodies(*, formats: bool) -> dict[str, Strategy]:
    """By path. `formats` is whether what becomes a grammar is among the fields."""
    return {
        "/v1/chat/completions": chats(formats=formats),
        "/v1/chat/completions/input_tokens": chats(formats=formats),
        "/v1/completions": completions(formats=formats),
        "/v1/messages": messages(formats=formats),
        "/v1/messages/count_tokens": counts(),
        "/v1/responses": responses(formats=formats),
        "/v1/responses/input_tokens": inputs_of_responses(),
        "/v1/embeddings": embeddings(),
        "/tokenize": texts_of_tokens(),
        "/detokenize": tokens(),
    }
