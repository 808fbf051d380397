"""`python ask_by_litellm.py URL KEY MODEL`: asks by LiteLLM, and prints what it was told as JSON.

A program of its own, because LiteLLM leaves connections, an event loop and hooks at the end behind.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else the import fetches prices
import litellm

litellm.telemetry = False
litellm.suppress_debug_info = True

PROVIDERS = ("openai", "openai/responses", "anthropic")
QUESTION: Any = [{"role": "user", "content": "What is the capital of France?"}]


def told(provider: str, url: str, key: str, model: str) -> dict[str, Any]:
    """What one provider of it makes of our answers."""
    base = url if provider == "anthropic" else f"{url}/v1"
    at: dict[str, Any] = {"model": f"{provider}/{model}", "api_base": base, "api_key": key}
    asked = at | {"messages": QUESTION, "max_tokens": 24, "temperature": 0}
    whole: Any = litellm.completion(**asked)
    chunks: list[Any] = list(litellm.completion(stream=True, **asked))
    later: Any = asyncio.run(litellm.acompletion(**asked))
    return {
        "whole": whole.choices[0].message.content,
        "prompt_tokens": whole.usage.prompt_tokens,
        "pieces": [chunk.choices[0].delta.content or "" for chunk in chunks],
        "async": later.choices[0].message.content,
        "errors": [
            refusal(asked | {"model": f"{provider}/other"}),
            refusal(asked | {"api_key": "sk-wrong"}),
            refusal(asked | {"max_tokens": 100_000}),
        ],
    }


def refusal(asked: dict[str, Any]) -> str:
    try:
        litellm.completion(**asked)
    except Exception as error:  # whichever of its classes: its name is what is told
        return type(error).__name__
    return "none"


if __name__ == "__main__":
    print(json.dumps({provider: told(provider, *sys.argv[1:]) for provider in PROVIDERS}))
