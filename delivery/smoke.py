"""Whether a deployed endpoint answers: the models, a chat, and no to a wrong key."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import httpx

from delivery.errors import DeliveryError

WRONG_KEY: Final = "sk-this-key-was-never-made"
PROMPT: Final = "Say hello."
MOST_TOKENS: Final = 16
PAUSE_SECONDS: Final = 1.0
SHOWN_CHARACTERS: Final = 300
UNAVAILABLE: Final = 503


@dataclass(frozen=True, slots=True)
class Passed:
    """One check and what was seen."""

    check: str
    seen: str
    seconds: float


class Smoke:
    """Asks an endpoint a few things that users ask, until a deadline that all of them share."""

    def __init__(self, url: str, key: str, *, seconds: float) -> None:
        self._client = httpx.Client(base_url=url.rstrip("/"), timeout=seconds)
        self._key = key
        self._url = url
        self._seconds = seconds
        self._ends = time.monotonic() + seconds

    def run(self) -> Iterator[Passed]:
        """The checks as they pass; raises DeliveryError at the first that does not."""
        with self._client:
            for check in (self.models, self.chat, self.wrong_key):
                started = time.monotonic()
                seen = check()
                name = check.__name__.replace("_", " ")
                yield Passed(name, seen, time.monotonic() - started)

    def models(self) -> str:
        """The endpoint lists a model, and takes the key."""
        answer = self._ask("models", "GET", "/v1/models", key=self._key)
        names = self._field(
            "models", answer, lambda body: [str(item["id"]) for item in body["data"]]
        )
        if not names:
            raise DeliveryError("models: got an empty list; look at the tasks' logs")
        return ", ".join(names)

    def chat(self) -> str:
        """A short chat is answered with text."""
        content = {
            "messages": [{"role": "user", "content": PROMPT}],
            "max_tokens": MOST_TOKENS,
            "temperature": 0,
        }
        answer = self._ask("chat", "POST", "/v1/chat/completions", key=self._key, content=content)
        text = str(
            self._field("chat", answer, lambda body: body["choices"][0]["message"]["content"])
        )
        if not text.strip():
            raise DeliveryError("chat: got an empty answer; look at the tasks' logs")
        return repr(text)

    def wrong_key(self) -> str:
        """A key that does not exist is refused."""
        answer = self._ask("wrong key", "GET", "/v1/models", key=WRONG_KEY, wanted=401)
        return f"refused with {answer.status_code}"

    def _ask(
        self,
        check: str,
        method: str,
        path: str,
        *,
        key: str,
        content: Any = None,
        wanted: int = 200,
    ) -> httpx.Response:
        """Ask until there is an answer other than "not now"; raises DeliveryError."""
        while True:
            wrong = self._attempt(method, path, key, content)
            if isinstance(wrong, httpx.Response):
                if wrong.status_code == wanted:
                    return wrong
                if wrong.status_code != UNAVAILABLE:
                    raise DeliveryError(f"{check}: {_told(wrong)}; {_remedy(wrong, wanted)}")
            if time.monotonic() + PAUSE_SECONDS >= self._ends:
                told = _told(wrong) if isinstance(wrong, httpx.Response) else f"got {wrong!r}"
                raise DeliveryError(
                    f"{check}: {told} for {self._seconds:.0f} s from {self._url}; check that the "
                    "address is right and can be reached from here, and that tasks are ready"
                )
            time.sleep(PAUSE_SECONDS)

    def _attempt(
        self, method: str, path: str, key: str, content: Any
    ) -> httpx.Response | httpx.HTTPError:
        headers = {"Authorization": f"Bearer {key}"}
        left = max(self._ends - time.monotonic(), PAUSE_SECONDS)
        try:
            return self._client.request(method, path, headers=headers, json=content, timeout=left)
        except httpx.HTTPError as error:
            return error

    def _field(self, check: str, answer: httpx.Response, pick: Callable[[Any], Any]) -> Any:
        try:
            return pick(answer.json())
        except (ValueError, KeyError, IndexError, TypeError):
            raise DeliveryError(
                f"{check}: {_told(answer)}, which is not what the API promises; check that the "
                "address is that of this service"
            ) from None


def _told(answer: httpx.Response) -> str:
    return f"got {answer.status_code} {answer.text[:SHOWN_CHARACTERS]!r}"


def _remedy(answer: httpx.Response, wanted: int) -> str:
    if wanted != httpx.codes.OK:
        return "whoever can connect may ask: set endpoint.rest_auth to 'keys'"
    if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        return "put a key of `make key NAME=smoke STAGE=...` into LLM_API_KEY"
    return "look at the tasks' logs"
