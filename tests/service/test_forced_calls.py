"""Calls that a model must make: the form that it is held to, and how its text is read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.engine.chunks import ChunkReader
from service.engine.forced_calls import CallReader, form_of_calls
from service.generation import Chunk, GenerationRequest, Message, Tools
from service.sampling import Sampling
from service.structure.references import check_references

LIST: Any = {
    "type": "object",
    "properties": {"next": {"$ref": "#/$defs/more"}},
    "$defs": {"more": {"type": "array", "items": {"$ref": "#/properties/next"}}},
}


def offered(*names: str, parameters: Any = None, parallel: bool | None = None) -> Tools:
    told = {} if parameters is None else {"parameters": parameters}
    functions = tuple({"type": "function", "function": {"name": name} | told} for name in names)
    return Tools(functions, "required", parallel)


def test_one_function_is_called_once_and_without_arguments_where_it_takes_none() -> None:
    form = form_of_calls(offered("time"))
    assert form["properties"]["name"] == {"const": "time"}
    assert form["$defs"]["call0"] == {
        "type": "object",
        "properties": {},
        "additionalProperties": False,
    }


def test_several_functions_are_alternatives_and_several_calls_a_list_of_them() -> None:
    form = form_of_calls(offered("time", "weather", parallel=True))
    assert (form["type"], form["minItems"]) == ("array", 1)
    names = [each["properties"]["name"]["const"] for each in form["items"]["anyOf"]]
    assert names == ["time", "weather"]


def test_references_of_parameters_lead_to_what_they_did() -> None:
    form = form_of_calls(offered("a", "b", parameters=LIST))
    check_references(form)
    moved = form["$defs"]["call1"]
    assert moved["properties"]["next"]["$ref"] == "#/$defs/call1/$defs/more"
    assert LIST["properties"]["next"]["$ref"] == "#/$defs/more"


arguments = st.dictionaries(
    st.text(max_size=3), st.one_of(st.text('a"\\{}[] ', max_size=6), st.lists(st.integers()))
)


@given(
    st.lists(st.tuples(st.sampled_from(["time", "get_weather-2"]), arguments), min_size=1),
    st.sampled_from([None, 1]),
    st.integers(1, 7),
)
def test_calls_are_read_whole_however_their_text_comes(
    made: list[tuple[str, Any]], indent: int | None, size: int
) -> None:
    told = [{"name": name, "arguments": given} for name, given in made]
    text = json.dumps(told if len(told) > 1 else told[0], indent=indent)
    reader = CallReader()
    found = [part for at in range(0, len(text), size) for part in reader.read(text[at : at + size])]
    names = [part.name for part in found if part.name]
    joined = [
        "".join(part.arguments for part in found if part.index == index)
        for index in range(reader.calls)
    ]
    assert [*zip(names, map(json.loads, joined), strict=True)] == made
    assert all(part.id for part in found if part.name)
    assert all(each == each.strip() for each in joined)


def read(reason: str, *texts: str) -> list[Chunk]:
    asked = (Message("user", "Hi"),)
    request = GenerationRequest(prompt=asked, sampling=Sampling(), tools=offered("time"))
    reader = ChunkReader(request)
    deltas: list[Any] = [{"content": text} for text in texts]
    choices = [{"index": 0, "finish_reason": None, "delta": delta} for delta in deltas]
    end = {"index": 0, "finish_reason": reason, "delta": {}}
    return [chunk for choice in [*choices, end] for chunk in reader.read({"choices": [choice]})]


@pytest.mark.parametrize(("reason", "told"), [("stop", "tool_calls"), ("length", "length")])
def test_text_of_a_forced_call_is_none_and_its_end_says_so(reason: str, told: str) -> None:
    found = read(reason, '{"name": "time",', '"arguments": {"a', '": 1}', "}")
    assert not any(chunk.text for chunk in found)
    assert "".join(part.arguments for chunk in found for part in chunk.tool_calls) == '{"a": 1}'
    assert found[-1].finish_reason == told
