"""The service does what its document says, and refuses what that does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.openapi.run import documented_service, hold_to_document


@pytest.mark.timeout(400)  # thousands of requests; 104 s on a machine that was busy besides
def test_service_does_what_the_document_says(tmp_path: Path) -> None:
    with documented_service("scripted", tmp_path) as service:
        report = hold_to_document(service, tmp_path, examples=15, seed=1)
    assert report.clean, report.text[-5000:]
    assert report.cases > 3000
