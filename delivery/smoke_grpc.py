"""The part of the smoke test that goes over gRPC, with our own client: as its users would ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from delivery.errors import DeliveryError
from llm_on_ecs import LLMClient, LLMError, NotAuthenticated

PROMPT: Final = "One, two,"
MOST_TOKENS: Final = 8


class GrpcSmoke:
    """Asks over gRPC; the client tries again by itself, until the shared time is up."""

    def __init__(
        self, url: str, key: str, *, wrong_key: str, seconds_left: Callable[[], float]
    ) -> None:
        self._url = url
        self._key = key
        self._wrong_key = wrong_key
        self._seconds_left = seconds_left

    def grpc(self) -> str:
        """A prompt is continued."""
        try:
            return repr(self._generate(self._key))
        except NotAuthenticated as error:
            raise DeliveryError(
                f"grpc: got {error}; put a key of `make key NAME=smoke STAGE=...` into LLM_API_KEY"
            ) from None
        except LLMError as error:
            raise DeliveryError(f"grpc: got {error} from {self._url}; {_LOOK}") from None

    def wrong_key_over_grpc(self) -> str:
        """A key that does not exist is refused."""
        try:
            self._generate(self._wrong_key)
        except NotAuthenticated as error:
            return f"refused as {error.code}"
        except LLMError as error:
            raise DeliveryError(f"wrong key over grpc: got {error}; {_LOOK}") from None
        raise DeliveryError(
            "wrong key over grpc: got an answer; whoever can connect may ask: set auth.grpc to "
            "'keys'"
        )

    def _generate(self, key: str) -> str:
        with LLMClient(self._url, api_key=key or None, timeout=self._seconds_left()) as client:
            return client.generate(PROMPT, max_tokens=MOST_TOKENS, temperature=0).text


_LOOK: Final = "look at the load balancer's gRPC target group, and at the tasks' logs"
