"""What a real process writes for CloudWatch, from its start to its end."""

from __future__ import annotations

import httpx

from tests.service.process import service_process

COUNTS = ("Requests", "Errors", "Refusals", "GeneratedTokens", "EngineRestarts")


def test_periods_add_up_to_what_happened_the_last_partial_one_included() -> None:
    body = {"prompt": "1, 2, 3, 4, 5, 6,", "max_tokens": 4, "temperature": 0}
    with service_process(LLM_REST_AUTH="off", LLM_METRICS_PERIOD_SECONDS="60") as service:
        service.wait_until_ready()
        for _ in range(2):
            httpx.post(f"{service.url}/v1/completions", json=body, timeout=30).raise_for_status()
        httpx.post(f"{service.url}/v1/completions", json=body | {"model": "none"})
        assert service.terminate() == 0
        service.wait_for_end_of_output()
        at_the_start, at_the_end = service.metrics
    assert [at_the_start[name] + at_the_end[name] for name in COUNTS] == [3, 0, 0, 8, 0]
    assert len(at_the_end["TimeToFirstToken"]) == 2
