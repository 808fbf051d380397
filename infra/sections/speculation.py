"""Tokens that the engine guesses from what the text has said before, and checks together."""

from collections.abc import Iterator

from pydantic import Field

from infra.sections.section import Problem, Section


class SpeculationSettings(Section):
    """Tokens that the engine guesses from what the text has said before, and checks together."""

    draft_tokens: int = Field(
        default=0,
        ge=0,
        le=64,
        description="Tokens that the engine guesses ahead in one step: it finds where the text "
        "last had its latest `match_tokens`, and guesses what came after them there. 0: none. It "
        "pays where one stream repeats its prompt, as docs/engine.md shows; what is said stays the "
        "model's own. At least `match_tokens`; `engine.slots` times one more than this within "
        "half of `engine.batch_tokens`, for prompts need the rest; not with `engine.embeddings`. "
        "Requests for log probabilities are refused: guessed tokens have none.",
    )
    match_tokens: int = Field(
        default=6,
        ge=2,
        le=64,
        description="Tokens in a row that the text must have had before, for a guess. Fewer of "
        "them make more guesses, and more wrong ones.",
    )

    def problems(self) -> Iterator[Problem]:
        """Guesses that are ever made: the engine makes none that are shorter than their match."""
        if 0 < self.draft_tokens < self.match_tokens:
            yield Problem(
                "draft_tokens",
                f"got {self.draft_tokens}, and the engine makes no guess that is shorter than "
                f"match_tokens, {self.match_tokens}; choose at least that many, or 0 for none",
            )
