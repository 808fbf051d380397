"""A chat's answer as OpenAI's Responses API has it: one document."""

from __future__ import annotations

import time
from typing import Any

from service.errors import ServiceError
from service.generation import Json, Usage
from service.observation import answer_id
from service.rest.responses.body import ResponsesBody, SchemaFormat

# The codes of failed responses are a closed list of OpenAI's; ours is in the event before it.
FAILED = "server_error"


class Frame:
    """What the response says of its request, and how it goes."""

    def __init__(self, body: ResponsesBody, *, model: str) -> None:
        self._fixed = {
            "id": answer_id("resp_"),
            "object": "response",
            "created_at": int(time.time()),
            "model": model,
            **told(body),
        }

    def response(self, status: str, output: list[Json], usage: Json | None) -> Json:
        cut_off = status == "incomplete"
        return self._fixed | {
            "status": status,
            "error": None,
            "incomplete_details": {"reason": "max_output_tokens"} if cut_off else None,
            "completed_at": int(time.time()) if status == "completed" else None,
            "output": output,
            "usage": usage,
        }

    def failed(self, error: ServiceError, output: list[Json]) -> Json:
        failure = {"code": FAILED, "message": error.message}
        return self.response("failed", output, None) | {"error": failure}


def told(body: ResponsesBody) -> Json:
    """What was asked, and what holds where nothing was."""
    choice: Any = body.tool_choice
    wanted = body.text.format if body.text else None
    plain = {"type": wanted.type if wanted else "text"}
    return {
        "background": False,
        "instructions": body.instructions,
        "max_output_tokens": body.max_output_tokens,
        "max_tool_calls": None,
        "metadata": body.metadata or {},
        "parallel_tool_calls": body.parallel_tool_calls is not False,
        "previous_response_id": None,
        "prompt_cache_key": body.prompt_cache_key,
        "reasoning": {"effort": body.reasoning.effort if body.reasoning else None, "summary": None},
        "safety_identifier": body.safety_identifier,
        "service_tier": "default",
        "store": False,
        "temperature": body.temperature,
        "text": {"format": wanted.told() if isinstance(wanted, SchemaFormat) else plain},
        "tool_choice": choice.model_dump() if hasattr(choice, "model_dump") else choice or "auto",
        "tools": [tool.told() for tool in body.tools or ()],
        "top_logprobs": body.alternatives or 0,
        "top_p": body.top_p,
        "truncation": "disabled",
        "user": body.user,
    }


def usage_json(usage: Usage, *, reasoning_tokens: int) -> Json:
    return {
        "input_tokens": usage.prompt_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached_tokens, "cache_write_tokens": 0},
        "output_tokens": usage.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": reasoning_tokens},
        "total_tokens": usage.total_tokens,
    }
