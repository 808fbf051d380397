"""LangChain's ChatOpenAI against the real service."""

from __future__ import annotations

from typing import Literal

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, Field, SecretStr

from tests.other_clients.conftest import KEY, MODEL
from tests.other_clients.questions import ARGUMENTS, CALL, CITY
from tests.service.process import ServiceProcess

QUESTION = "What is the capital of France?"


class Weather(BaseModel):
    """What the model is to write."""

    city: str = Field(max_length=12)
    unit: Literal["c", "f"]


@tool
def get_weather(city: str, unit: Literal["c", "f"]) -> str:
    """Weather of a city"""
    return f"Sunny in {city}, 21 {unit}."


def chat(service: ServiceProcess, **fields: object) -> ChatOpenAI:
    return ChatOpenAI.model_validate(
        {
            "base_url": f"{service.url}/v1",
            "api_key": SecretStr(KEY),
            "model": MODEL,
            "temperature": 0,
            "max_tokens": 60,
            **fields,
        }
    )


@pytest.mark.parametrize("by_responses", [False, True])
def test_invoke_and_stream_say_the_same(service: ServiceProcess, by_responses: bool) -> None:
    model = chat(service, use_responses_api=by_responses)
    whole = model.invoke(QUESTION)
    assert CITY in whole.text
    assert whole.usage_metadata is not None
    assert whole.usage_metadata["input_tokens"] > 0
    assert "".join(chunk.text for chunk in model.stream(QUESTION)) == whole.text


def test_batch_answers_each(service: ServiceProcess) -> None:
    answers = chat(service).batch([QUESTION, "What is gravity?"])
    assert CITY in answers[0].text
    assert answers[1].text


async def test_asynchronously(service: ServiceProcess) -> None:
    model = chat(service)
    assert CITY in (await model.ainvoke(QUESTION)).text
    assert len([chunk async for chunk in model.astream(QUESTION)]) > 3


def test_structured_output_fits_the_schema(service: ServiceProcess) -> None:
    model = chat(service).with_structured_output(Weather, method="json_schema")
    assert isinstance(model.invoke(QUESTION), Weather)


@pytest.mark.parametrize("by_responses", [False, True])
def test_bound_tool_is_called_and_answered(service: ServiceProcess, by_responses: bool) -> None:
    model = chat(service, use_responses_api=by_responses)
    called = model.bind_tools([get_weather], tool_choice="required").invoke(CALL)
    assert isinstance(called, AIMessage)
    (call,) = called.tool_calls
    assert (call["name"], call["args"]) == ("get_weather", ARGUMENTS)
    result = ToolMessage(get_weather.invoke(call["args"]), tool_call_id=call["id"])
    bound = model.bind_tools([get_weather], tool_choice="none")
    assert bound.invoke([HumanMessage(CALL), called, result]).text
