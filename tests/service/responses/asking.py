"""Questions to the Responses API."""

from __future__ import annotations

from typing import Any

import httpx
import openai
from openai.types.responses import Response, ResponseStreamEvent

MODEL = "smollm2-135m-instruct"
WEATHER: Any = {
    "type": "function",
    "name": "weather",
    "description": None,
    "parameters": {"type": "object", "properties": {}},
    "strict": None,
}
CALL = [
    {"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "weather", "arguments": "{"}}]},
    {"tool_calls": [{"index": 0, "function": {"arguments": '"city": "Rome"}'}}]},
]


async def ask(client: httpx.AsyncClient, **fields: Any) -> httpx.Response:
    return await client.post("/v1/responses", json={"input": "Hi"} | fields)


async def streamed(sdk: openai.AsyncOpenAI, **fields: Any) -> list[ResponseStreamEvent]:
    stream = await sdk.responses.create(model=MODEL, input="Hi", stream=True, **fields)
    return [event async for event in stream]


def without_names(response: Response) -> Any:
    """All of it that two answers to one question have in common."""
    told: Any = response.to_dict()
    for item in told["output"]:
        del item["id"]
    return {name: told[name] for name in told.keys() - {"id", "created_at", "completed_at"}}
