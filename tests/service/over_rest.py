"""The suite's requests over REST: POST /v1/completions and /v1/chat/completions."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.service.face import (
    Answered,
    Asked,
    Call,
    Choice,
    Head,
    Json,
    Logprob,
    ModelFacts,
    Refused,
    Texts,
    Usage,
)


class RestTransport(Texts):
    name = "rest"

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def ask(self, asked: Asked, *, timeout: float | None = None, **fields: Any) -> Answered:
        path, body = question(asked, fields)
        answer = await self._whole("POST", path, json=body, headers=deadline(timeout))
        found = tuple(choice(each) for each in answer["choices"])
        head = Head(answer["id"], answer["created"], answer["system_fingerprint"])
        return Answered(found, usage(answer["usage"]), answer["model"], head)

    async def pieces(
        self, asked: Asked, *, timeout: float | None = None, **fields: Any
    ) -> AsyncGenerator[Choice | Usage, None]:
        path, body = question(asked, fields)
        body |= {"stream": True, "stream_options": {"include_usage": True}}
        headers = deadline(timeout)
        async with self._client.stream("POST", path, json=body, headers=headers) as response:
            await check(response)
            async for line in response.aiter_lines():
                if line.startswith("data: ") and line != "data: [DONE]":
                    event = json.loads(line[6:])
                    if "error" in event:
                        raise refusal(event, response)
                    for each in event["choices"]:
                        yield choice(each)
                    if event["usage"]:
                        yield usage(event["usage"])

    async def count(self, asked: Asked) -> int:
        """Each of these two counts one kind, as in llama.cpp's server."""
        if isinstance(asked, str):
            body = {"content": asked, "add_special": True}
            return len((await self._whole("POST", "/tokenize", json=body))["tokens"])
        path = "/v1/chat/completions/input_tokens"
        return int((await self._whole("POST", path, json={"messages": asked}))["input_tokens"])

    async def models(self) -> list[ModelFacts]:
        listed = (await self._whole("GET", "/v1/models"))["data"]
        return [
            ModelFacts(
                each["id"],
                each["created"],
                each["owned_by"],
                each["max_model_len"],
                each["max_output_tokens"],
            )
            for each in listed
        ]

    async def _whole(self, method: str, path: str, **sent: Any) -> Json:
        response = await self._client.request(method, path, **sent)
        await check(response)
        answer: Json = response.json()
        return answer


def question(asked: Asked, fields: Json) -> tuple[str, Json]:
    if isinstance(asked, str):
        told = fields.pop("top_logprobs", None)
        return "/v1/completions", {"prompt": asked, "logprobs": told} | fields
    if "top_logprobs" in fields:
        fields["logprobs"] = True
    return "/v1/chat/completions", {"messages": asked} | fields


def deadline(timeout: float | None) -> dict[str, str]:
    return {} if timeout is None else {"x-request-timeout": str(timeout)}


def choice(found: Json) -> Choice:
    """Of a completion or a chat, whole or a piece of one."""
    said = found.get("message") or found.get("delta") or {"content": found.get("text")}
    return Choice(
        index=found["index"],
        text=said.get("content") or "",
        reason=found["finish_reason"] or "",
        reasoning=said.get("reasoning_content") or "",
        calls=tuple(
            call(position, part) for position, part in enumerate(said.get("tool_calls") or ())
        ),
        logprobs=logprobs(found["logprobs"]),
    )


def call(position: int, part: Json) -> Call:
    function = part.get("function", {})
    return Call(
        part.get("index", position),
        part.get("id") or "",
        function.get("name") or "",
        function.get("arguments") or "",
    )


def logprobs(found: Json | None) -> tuple[Logprob, ...]:
    if not found:
        return ()
    if "content" in found:
        return tuple(logprob(each) for each in found["content"] or ())
    alternatives = found["top_logprobs"] or [{}] * len(found["tokens"])
    return tuple(  # of a completion, in OpenAI's older shape
        Logprob(token, value, token.encode(), tuple(plain(*other) for other in others.items()))
        for token, value, others in zip(
            found["tokens"], found["token_logprobs"], alternatives, strict=True
        )
    )


def logprob(found: Json) -> Logprob:
    others = tuple(logprob(other) for other in found.get("top_logprobs", ()))
    return Logprob(found["token"], found["logprob"], bytes(found["bytes"]), others)


def plain(token: str, value: float) -> Logprob:
    return Logprob(token, value, token.encode())


def usage(found: Json) -> Usage:
    assert found["total_tokens"] == found["prompt_tokens"] + found["completion_tokens"]
    cached = found["prompt_tokens_details"]["cached_tokens"]
    return Usage(found["prompt_tokens"], found["completion_tokens"], cached)


async def check(response: httpx.Response) -> None:
    if response.status_code != 200:
        raise refusal(json.loads(await response.aread()), response)


def refusal(body: Json, response: httpx.Response) -> Refused:
    error = body["error"]
    assert set(error) == {"message", "type", "param", "code"}
    retry = response.headers.get("retry-after")
    return Refused(
        error["code"],
        error["message"],
        error["param"],
        int(retry) if retry else None,
        str(response.status_code),
    )


@asynccontextmanager
async def rest_transport(port: int, *, key: str | None) -> AsyncIterator[RestTransport]:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    url = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as client:
        yield RestTransport(client)
