"""A client of one OpenAI-compatible engine: a generation request in, chunks out.

It always streams: closing the connection is how a generation is cancelled, and the engine notices
that within one batch on a stream, but not on a plain answer.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import orjson

from service.errors import ContextLengthExceeded, EngineUnavailable, InternalError, InvalidRequest
from service.generation import Chunk, FinishReason, GenerationRequest, Usage

CONNECT_SECONDS = 5
EVENT_BYTES_AT_MOST = 1 << 20
SEEDS = 2**32 - 1  # the engine's seeds are 32 bits wide, and the last one means "random"

Event = dict[str, Any]

log = logging.getLogger("service.engine")


class EngineClient:
    """Speaks to the engine on a Unix-domain socket. Start it inside a running event loop."""

    def __init__(self, socket_path: str) -> None:
        # One connection per request: pooled ones fail over this socket (measured, 20 of 93).
        connector = aiohttp.UnixConnector(socket_path, limit=0, force_close=True)
        self._session = aiohttp.ClientSession(
            "http://engine",
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
            read_bufsize=EVENT_BYTES_AT_MOST,
        )

    async def close(self) -> None:
        await self._session.close()

    async def is_healthy(self) -> bool:
        """Whether the engine has loaded its model and answers."""
        try:
            async with self._session.get("/health") as response:
                return response.status == 200
        except (aiohttp.ClientError, OSError):
            return False

    @asynccontextmanager
    async def stream(self, request: GenerationRequest) -> AsyncIterator[AsyncIterator[Chunk]]:
        """Yields the chunks of the answer; leaving the context cancels what is not generated yet.

        Raises ContextLengthExceeded or InvalidRequest where the engine refuses the request, and
        EngineUnavailable where it is not there or dies on the way.
        """
        path = "/v1/chat/completions" if request.is_chat else "/v1/completions"
        try:
            async with self._session.post(
                path, data=orjson.dumps(engine_body(request))
            ) as response:
                if response.status != 200:
                    raise refusal(orjson.loads(await response.read()), request)
                yield chunks(response.content, request)
        except (aiohttp.ClientError, OSError) as lost:
            raise engine_lost() from lost


def engine_body(request: GenerationRequest) -> Event:
    """The request in the engine's words."""
    body = request.sampling.model_dump(exclude_none=True)
    if request.sampling.seed is not None:
        body["seed"] = request.sampling.seed % SEEDS
    # Progress makes the engine write once per batch of a prompt, and so notice a closed
    # connection: without it a client that leaves holds its slot until the prompt is done.
    body |= {"stream": True, "stream_options": {"include_usage": True}, "return_progress": True}
    if isinstance(request.prompt, str):
        return body | {"prompt": request.prompt}
    return body | {
        "messages": [{"role": turn.role, "content": turn.content} for turn in request.prompt]
    }


async def chunks(lines: aiohttp.StreamReader, request: GenerationRequest) -> AsyncIterator[Chunk]:
    """Parses the server-sent events. Raises EngineUnavailable where they end without a last one."""
    async for line in lines:
        if not line.startswith(b"data: "):
            continue
        data = line[6:].strip()
        if data == b"[DONE]":
            return
        event = orjson.loads(data)
        if "error" in event:
            raise refusal(event, request)
        if (chunk := chunk_of(event)) is not None:
            yield chunk
    raise engine_lost()


def chunk_of(event: Event) -> Chunk | None:
    """The chunk in an engine's event, or None where there is nothing to say (progress, roles)."""
    usage = event.get("usage")
    choice = event["choices"][0] if event["choices"] else {}
    text = choice.get("text") or choice.get("delta", {}).get("content") or ""
    reason = choice.get("finish_reason")
    if not text and not reason and not usage:
        return None
    return Chunk(
        text=text,
        finish_reason=FinishReason(reason) if reason else None,
        usage=usage_of(usage) if usage else None,
    )


def usage_of(usage: Event) -> Usage:
    return Usage(
        prompt_tokens=usage["prompt_tokens"],
        completion_tokens=usage["completion_tokens"],
        cached_tokens=(usage.get("prompt_tokens_details") or {}).get("cached_tokens", 0),
    )


def refusal(
    answer: Event, request: GenerationRequest
) -> ContextLengthExceeded | InvalidRequest | EngineUnavailable | InternalError:
    """Our error for the engine's."""
    error = answer["error"]
    if error.get("type") == "exceed_context_size_error":
        return ContextLengthExceeded(
            prompt_tokens=error["n_prompt_tokens"],
            context_tokens=error["n_ctx"],
            param=request.prompt_param,
        )
    if error.get("code") == 503:
        return EngineUnavailable("The model is still loading; try again.", retry_after_seconds=5)
    if error.get("code") == 400:
        return InvalidRequest(error["message"], param=request.prompt_param)
    log.error("engine refused a request", extra={"reason": error})
    return InternalError()


def engine_lost() -> EngineUnavailable:
    return EngineUnavailable(
        "The engine stopped while it worked on this request; send it again.", retry_after_seconds=5
    )
