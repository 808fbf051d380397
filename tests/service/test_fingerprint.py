"""What an answer's fingerprint is of: settings by which the same request is answered otherwise."""

from __future__ import annotations

from typing import Any

from service.assembly import answers_fingerprint
from service.settings import ServiceSettings


def fingerprint(**fields: Any) -> str:
    return answers_fingerprint(ServiceSettings(rest_auth="off", grpc_auth="off", **fields))


def test_guesses_change_it_and_a_match_that_is_never_looked_for_does_not() -> None:
    assert fingerprint() == fingerprint(match_tokens=5)
    assert len({fingerprint(draft_tokens=7, match_tokens=match) for match in (5, 6)}) == 2
    assert fingerprint(draft_tokens=7) != fingerprint()


def test_batches_change_it_and_limits_do_not() -> None:
    assert fingerprint(batch_tokens=128) != fingerprint()
    assert fingerprint(max_waiting=1) == fingerprint()
