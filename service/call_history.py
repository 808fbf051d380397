"""Which calls of a chat are answered: once, and before the chat goes on."""

from __future__ import annotations

from service.errors import InvalidRequest
from service.errors.requests import QUOTED_CHARACTERS


class CallHistory:
    """Reads a chat from its beginning. A place is the field with a call's id, in the API's words.

    It refuses what OpenAI's APIs and Anthropic's refuse: an answer to no call, or a second one; a
    call that nothing answers; and calls that cannot be told apart. Raises InvalidRequest.
    """

    def __init__(self) -> None:
        self._made: set[str] = set()
        self._unanswered: dict[str, str] = {}

    def called(self, call_id: str, *, place: str) -> None:
        if call_id in self._unanswered:
            rule = f"two calls at once have the id {quoted(call_id)}; give each one of its own"
            raise InvalidRequest.of_field(place, rule)
        self._made.add(call_id)
        self._unanswered[call_id] = place

    def answered(self, call_id: str, *, place: str) -> None:
        if call_id not in self._made:
            rule = f"it answers no call of the turn before it: got {quoted(call_id)}"
            raise InvalidRequest.of_field(place, f"{rule}; send the call as well, or neither")
        if self._unanswered.pop(call_id, None) is None:
            rule = f"the call {quoted(call_id)} is answered already; send one answer to each"
            raise InvalidRequest.of_field(place, rule)

    def goes_on(self) -> None:
        """With a turn that answers nothing, or by the model's next one."""
        for call_id, place in self._unanswered.items():
            rule = f"nothing answers the call {quoted(call_id)}; send what the function gave"
            raise InvalidRequest.of_field(place, f"{rule} before the chat goes on")
        self._made.clear()


def quoted(call_id: str) -> str:
    return repr(call_id[:QUOTED_CHARACTERS])
