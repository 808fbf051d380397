"""The two kinds of invocation: a function URL's event, and an OpenAI body sent directly."""

from __future__ import annotations

import json
from typing import Any

from service.logs import REQUEST_ID

Event = dict[str, Any]

CHAT_PATH = "/v1/chat/completions"
COMPLETION_PATH = "/v1/completions"


def is_url_event(event: object) -> bool:
    """Whether it came through a function URL. No body of OpenAI's API has such a key."""
    return isinstance(event, dict) and "requestContext" in event


def event_of_body(body: object) -> Event:
    """The event with which a function URL would have brought this body.

    A body with a prompt asks for a completion, every other for a chat: what is wrong with it is
    then said in that API's words. Format 2.0, of which only what Mangum reads is there:
    https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
    """
    is_prompt = isinstance(body, dict) and "prompt" in body and "messages" not in body
    path = COMPLETION_PATH if is_prompt else CHAT_PATH
    return {
        "version": "2.0",
        "rawQueryString": "",
        "headers": {"content-type": "application/json"},
        "requestContext": {"http": {"method": "POST", "path": path, "sourceIp": None}},
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }


def with_request_id(event: Event, request_id: str) -> Event:
    """The event under Lambda's own request id, unless its sender gave it another one."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    return event | {"headers": {REQUEST_ID: request_id} | headers}
