"""What is asked: a prompt or a chat, and how to generate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

Json = Mapping[str, Any]


class Role(TypedDict):
    role: Literal["system", "user", "assistant", "tool"]


class Message(Role, total=False):
    """One turn of a chat: a role and its content, as in OpenAI's API.

    Of the assistant's: `tool_calls`, which Completion.message has as it is to be sent back. Of a
    tool's: the `tool_call_id` that it answers.
    """

    content: str
    name: str
    tool_calls: Sequence[Json]
    tool_call_id: str


class TimeLimit(TypedDict, total=False):
    """`timeout` is in seconds, for a whole call with all its retries; None waits for ever."""

    timeout: float | None


class Options(TimeLimit, total=False):
    """How to generate. What is left out, or None, is the endpoint's default.

    Ranges are OpenAI's: temperature 0 (greedy) to 2, top_p 0 to 1, the penalties -2 to 2, at most
    four stop texts; `logit_bias` is by token ids, from -100 to 100. `n` asks for several whole
    answers. `top_k` to `grammar` are llama.cpp's; the text must fit the `grammar` or `json_schema`.
    `tools` and `tool_choice` are for chats, in OpenAI's shape.
    """

    model: str | None
    max_tokens: int | None
    n: int | None
    temperature: float | None
    top_p: float | None
    seed: int | None
    stop: str | Sequence[str] | None
    frequency_penalty: float | None
    presence_penalty: float | None
    logit_bias: Mapping[int, float] | None
    top_k: int | None
    min_p: float | None
    repeat_penalty: float | None
    ignore_eos: bool | None
    grammar: str | None
    json_schema: Json | None
    tools: Sequence[Json] | None
    tool_choice: str | Json | None
    parallel_tool_calls: bool | None


LIMIT = frozenset(TimeLimit.__annotations__)
FIELDS = frozenset(Options.__annotations__) - LIMIT


@dataclass(frozen=True)
class Question:
    """A prompt to continue (a string) or a chat to answer (messages), and the request's fields."""

    prompt: str | tuple[Message, ...]
    fields: dict[str, Any]

    @property
    def is_chat(self) -> bool:
        return not isinstance(self.prompt, str)


def question(prompt: str | Sequence[Message], options: Options) -> Question:
    """Raises TypeError for an option that there is not."""
    check_names(options.keys(), FIELDS | LIMIT)
    asked = prompt if isinstance(prompt, str) else tuple(prompt)
    given: dict[str, Any] = {**options}
    fields = {name: given[name] for name in sorted(given.keys() & FIELDS)}
    return Question(asked, {name: value for name, value in fields.items() if value is not None})


def streamed(prompt: str | Sequence[Message], options: Options) -> Question:
    """Raises ValueError for several answers, whose pieces would come mixed."""
    if (options.get("n") or 1) > 1:
        raise ValueError(f"a stream has one answer: got n={options['n']}; ask for whole ones")
    return question(prompt, options)


def check_names(given: Set[str], known: Set[str]) -> None:
    """A misspelt option would change nothing, in silence."""
    if unknown := given - known:
        raise TypeError(
            f"unknown option: got {', '.join(sorted(unknown))}; "
            f"choose from {', '.join(sorted(known))}"
        )
