"""Log probabilities in OpenAI's two shapes."""

from __future__ import annotations

from collections.abc import Sequence

from service.generation import TokenLogprob
from service.rest.documents import ChatLogprobs, TextLogprobs, TokenLogprobDocument, TopLogprob


def chat_logprobs(tokens: Sequence[TokenLogprob]) -> ChatLogprobs | None:
    """None where none were asked for."""
    if not tokens:
        return None
    return {"content": [token_document(token) for token in tokens], "refusal": None}


def token_document(token: TokenLogprob) -> TokenLogprobDocument:
    return {
        "token": token.token,
        "logprob": token.logprob,
        "bytes": list(token.utf8),
        "top_logprobs": [top_document(other) for other in token.alternatives],
    }


def top_document(token: TokenLogprob) -> TopLogprob:
    return {"token": token.token, "logprob": token.logprob, "bytes": list(token.utf8)}


def text_logprobs(tokens: Sequence[TokenLogprob], *, offset: int) -> TextLogprobs | None:
    """`offset` is the length of the text before these tokens. None where none were asked for."""
    if not tokens:
        return None
    offsets = []
    for token in tokens:
        offsets.append(offset)
        offset += len(token.token)
    return {
        "tokens": [name(token) for token in tokens],
        "token_logprobs": [token.logprob for token in tokens],
        "top_logprobs": [likeliest(token) for token in tokens] if tokens[0].alternatives else None,
        "text_offset": offsets,
    }


def likeliest(token: TokenLogprob) -> dict[str, float]:
    """With the token itself, which need not be among them."""
    return {name(each): each.logprob for each in (token, *token.alternatives)}


def name(token: TokenLogprob) -> str:
    """Its text; its bytes, as OpenAI writes them, where they are a part of a character only."""
    if bytes(token.utf8) == token.token.encode():
        return token.token
    return "bytes:" + "".join(f"\\x{byte:02x}" for byte in token.utf8)
