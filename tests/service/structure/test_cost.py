"""Checking forms holds the event loop: no body that is small enough to be read is much work."""

from __future__ import annotations

import pytest

from bench.checks import WORST, Fields, chat, check
from tests.service.work import lines_run

LINES_AT_MOST = 2_500_000  # about a tenth of a second; `make bench-checks` measures that


@pytest.mark.parametrize("fields", WORST.values(), ids=WORST.keys())
def test_no_body_is_much_work_to_check(fields: Fields) -> None:
    body = chat(fields)
    assert 0 < lines_run(lambda: check(body)) < LINES_AT_MOST
