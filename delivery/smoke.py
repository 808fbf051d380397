"""Whether a deployed endpoint answers: models, a chat, a stream, gRPC, and no to a wrong key."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import httpx

from delivery.endpoint import Endpoint
from delivery.errors import DeliveryError
from delivery.smoke_grpc import GrpcSmoke

WRONG_KEY: Final = "sk-this-key-was-never-made"
PROMPT: Final = "Say hello."
MOST_TOKENS: Final = 16
PAUSE_SECONDS: Final = 1.0
SHOWN_CHARACTERS: Final = 300
UNAVAILABLE: Final = 503
CHAT: Final = "/v1/chat/completions"
CONTENT: Final = {
    "messages": [{"role": "user", "content": PROMPT}],
    "max_tokens": MOST_TOKENS,
    "temperature": 0,
}
NO_KEY: Final = "LLM_API_KEY has no key"
NO_GATEWAY_KEY: Final = "LLM_GATEWAY_API_KEY has no key, without which the API Gateway refuses all"


class Unreachable(DeliveryError):
    """Nobody answered at the address: it may well work for those who can reach it."""


@dataclass(frozen=True, slots=True)
class Passed:
    """One check and what was seen."""

    check: str
    seen: str
    seconds: float

    @property
    def told(self) -> str:
        """In a line."""
        return f"{self.check}: {self.seen}  {self.seconds:.1f} s"


class Smoke:
    """Asks an endpoint a few things that users ask, until a deadline that all of them share.

    Without a key only what needs none is run; `left_out` says what was not, and why.
    `gateway_key` is for an API Gateway that asks for a key of its own.
    """

    def __init__(
        self, endpoint: Endpoint, key: str, *, seconds: float, gateway_key: str = ""
    ) -> None:
        headers = {"x-api-key": gateway_key} if gateway_key else {}
        self._client = httpx.Client(base_url=endpoint.url, timeout=seconds, headers=headers)
        self._endpoint = endpoint
        self._key = key
        self._barred = endpoint.needs_gateway_key and not gateway_key
        self._seconds = seconds
        self._ends = time.monotonic() + seconds
        self._checks, self.left_out = self._plan()

    @property
    def complete(self) -> bool:
        """Whether a good answer was among what is checked."""
        return self.chat in self._checks

    def run(self) -> Iterator[Passed]:
        """The checks as they pass; raises DeliveryError at the first that does not."""
        with self._client:
            for check in self._checks:
                started = time.monotonic()
                seen = check()
                name = check.__name__.replace("_", " ")
                yield Passed(name, seen, time.monotonic() - started)

    def _plan(self) -> tuple[list[Callable[[], str]], dict[str, str]]:
        """What can be checked here, and why the rest cannot."""
        asked = self._endpoint
        barred = NO_GATEWAY_KEY if self._barred else ""
        keyless = barred or ("" if self._key or asked.rest_is_open else NO_KEY)
        open_to_all = barred or ("REST asks for no key (auth.rest)" if asked.rest_is_open else "")
        planned: list[tuple[Callable[[], str], str]] = [
            *((check, keyless) for check in (self.models, self.chat, self.stream)),
            (self.wrong_key, open_to_all),
        ]
        if asked.grpc_url:
            grpc = self._grpc(asked.grpc_url)
            open_to_all = "gRPC asks for no key (auth.grpc)" if asked.grpc_is_open else ""
            keyless = "" if self._key or asked.grpc_is_open else NO_KEY
            planned += [(grpc.grpc, keyless), (grpc.wrong_key_over_grpc, open_to_all)]
        left_out = {check.__name__.replace("_", " "): why for check, why in planned if why}
        if not asked.grpc_url:
            left_out["grpc"] = "it does not reach this endpoint"
        return [check for check, why in planned if not why], left_out

    def _grpc(self, url: str) -> GrpcSmoke:
        def left() -> float:
            return max(self._ends - time.monotonic(), PAUSE_SECONDS)

        return GrpcSmoke(url, self._key, wrong_key=WRONG_KEY, seconds_left=left)

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
        answer = self._ask("chat", "POST", CHAT, key=self._key, content=CONTENT)
        text = str(
            self._field("chat", answer, lambda body: body["choices"][0]["message"]["content"])
        )
        if not text.strip():
            raise DeliveryError("chat: got an empty answer; look at the tasks' logs")
        return repr(text)

    def stream(self) -> str:
        """The same chat comes in pieces, and is ended as OpenAI's API ends it."""
        content = {**CONTENT, "stream": True}
        answer = self._ask("stream", "POST", CHAT, key=self._key, content=content)
        events = [
            line.removeprefix("data:").strip()
            for line in answer.text.splitlines()
            if line.startswith("data:")
        ]
        if not events or events[-1] != "[DONE]":
            raise DeliveryError(
                f"stream: {_told(answer)}, which is no stream that ends in [DONE]; look at what "
                "stands before the endpoint"
            )
        pieces = [event for event in events[:-1] if _has_text(event)]
        if not pieces:
            raise DeliveryError("stream: got no text; look at the tasks' logs")
        return f"{len(pieces)} pieces, [DONE]"

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
            if "CERTIFICATE_VERIFY_FAILED" in str(wrong):
                raise DeliveryError(
                    f"{check}: got {wrong} from {self._endpoint.url}; pass the name that the "
                    "certificate is for: URL=https://..."
                )
            if isinstance(wrong, httpx.Response):
                if wrong.status_code == wanted:
                    return wrong
                if wrong.status_code != UNAVAILABLE:
                    raise DeliveryError(f"{check}: {_told(wrong)}; {_remedy(wrong, wanted)}")
            if time.monotonic() + PAUSE_SECONDS >= self._ends:
                raise self._too_late(check, wrong)
            time.sleep(PAUSE_SECONDS)

    def _too_late(self, check: str, wrong: httpx.Response | httpx.HTTPError) -> DeliveryError:
        answered = isinstance(wrong, httpx.Response)
        told = _told(wrong) if isinstance(wrong, httpx.Response) else f"got {wrong!r}"
        return (DeliveryError if answered else Unreachable)(
            f"{check}: {told} for {self._seconds:.0f} s from {self._endpoint.url}; check that the "
            "address is right and can be reached from here, and that tasks are ready"
        )

    def _attempt(
        self, method: str, path: str, key: str, content: Any
    ) -> httpx.Response | httpx.HTTPError:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
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


def _has_text(event: str) -> bool:
    try:
        return bool(json.loads(event)["choices"][0]["delta"].get("content"))
    except (ValueError, KeyError, IndexError, TypeError):
        return False


def _told(answer: httpx.Response) -> str:
    return f"got {answer.status_code} {answer.text[:SHOWN_CHARACTERS]!r}"


def _remedy(answer: httpx.Response, wanted: int) -> str:
    if wanted != httpx.codes.OK and answer.status_code != httpx.codes.FORBIDDEN:
        return "whoever can connect may ask: set auth.rest to 'keys'"
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        return "put a key of `make key NAME=smoke STAGE=...` into LLM_API_KEY"
    if answer.status_code == httpx.codes.FORBIDDEN:
        return (
            "with api_gateway.require_api_key, put a key of API Gateway's into "
            "LLM_GATEWAY_API_KEY; else look at what stands before the endpoint, and at LLM_API_KEY"
        )
    return "look at the tasks' logs"
