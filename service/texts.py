"""What was asked and answered, for the log of a stage that wants it there."""

from __future__ import annotations

from dataclasses import dataclass, field

from service.generation import Chunk, GenerationRequest, Prompts

# Of each of the two. Docker cuts lines of 16 KB in two, and a character may take 12 bytes there.
CHARACTERS_AT_MOST = 600
CUT = "\N{HORIZONTAL ELLIPSIS}"


@dataclass(slots=True)
class Texts:
    """The end of the prompt, where a chat's last turn is, and the beginning of the first answer."""

    prompt: str = ""
    _answer: list[str] = field(default_factory=list)
    _length: int = 0

    def asked(self, request: GenerationRequest) -> None:
        whole = prompt_text(request)
        cut = len(whole) > CHARACTERS_AT_MOST
        self.prompt = CUT + whole[-CHARACTERS_AT_MOST:] if cut else whole

    def answered(self, chunk: Chunk) -> None:
        piece = chunk.reasoning or chunk.text
        if piece and chunk.index == 0 and self._length <= CHARACTERS_AT_MOST:
            self._answer.append(piece)
            self._length += len(piece)

    @property
    def answer(self) -> str:
        whole = "".join(self._answer)
        cut = len(whole) > CHARACTERS_AT_MOST
        return whole[:CHARACTERS_AT_MOST] + CUT if cut else whole


def prompt_text(request: GenerationRequest) -> str:
    if isinstance(request.prompt, str):
        return request.prompt
    if isinstance(request.prompt, Prompts):
        return "\n".join(map(str, request.prompt.each))
    return "\n".join(f"{turn.role}: {turn.content}" for turn in request.prompt)
