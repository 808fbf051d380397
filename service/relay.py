"""Questions that the engine answers at once, from what it has loaded: no text is generated."""

from __future__ import annotations

from dataclasses import dataclass

from service.generation import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """What the engine is asked at `path`, in its own words. It answers each question with JSON.

    One follows the other, so that a caller who leaves ends it after the one under way. `param` is
    the caller's field that holds the text, of so many `characters`, or tokens, the `largest_token`
    among them; `prompt_tokens` are, by estimate, those that the model itself works through. What
    `embeds` wants vectors, which not every endpoint gives.
    """

    path: str
    questions: tuple[Json, ...]
    param: str
    characters: int = 0
    largest_token: int | None = None
    prompt_tokens: int = 0
    model: str | None = None
    embeds: bool = False
