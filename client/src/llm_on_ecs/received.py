"""What has come of a streamed answer, and what its end means."""

from __future__ import annotations

from llm_on_ecs.answers import Chunk, FinishReason, ToolCall, Usage
from llm_on_ecs.errors import IncompleteStream, LLMError
from llm_on_ecs.retries import Attempts


class Received:
    """The answer so far: `text` and `tool_calls`, and once they have come the finish reason and
    the usage."""

    def __init__(self, attempts: Attempts) -> None:
        self._attempts = attempts
        self._pieces: list[str] = []
        self._calls: dict[int, ToolCall] = {}
        self._begun = False
        self._closed = False
        self.finish_reason: FinishReason | None = None
        self.usage: Usage | None = None

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        return tuple(call for _, call in sorted(self._calls.items()))

    def _accept(self, chunk: Chunk) -> Chunk:
        self._begun = True
        self._pieces.append(chunk.text)
        for part in chunk.tool_calls:
            begun = self._calls.get(part.index, ToolCall("", "", ""))
            self._calls[part.index] = ToolCall(
                begun.id + part.id, begun.name + part.name, begun.arguments + part.arguments
            )
        self.finish_reason = chunk.finish_reason or self.finish_reason
        self.usage = chunk.usage or self.usage
        return chunk

    def _check_end(self) -> None:
        """Raises IncompleteStream where the stream ended and the answer had not."""
        if self.finish_reason is None and not self._closed:
            self._closed = True
            raise IncompleteStream(
                "The stream ended and the answer had not; `text` has what came.",
                text=self.text,
                request_id=self._attempts.call.request_id,
            )

    def _pause_after(self, error: LLMError) -> float:
        """Seconds before the next try. Nothing is asked for twice once a piece was delivered."""
        try:
            if not self._begun:
                return self._attempts.pause_after(error)
            raise IncompleteStream(
                f"The answer broke off: {error.message}",
                text=self.text,
                cause=error,
                request_id=self._attempts.call.request_id,
            )
        except LLMError:
            self._closed = True
            raise
