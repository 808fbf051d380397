"""vLLM's names, where a stage wants them, say what ours say."""

from __future__ import annotations

from collections.abc import Iterable

import httpx
import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from tests.service.conftest import Service
from tests.service.face import Refused, Transport
from tests.service.transports import CHAT

# Ours, vLLM's, and vLLM's type.
PAIRS = [
    ("llm_requests_running", "vllm:num_requests_running", "gauge"),
    ("llm_requests_waiting", "vllm:num_requests_waiting", "gauge"),
    ("llm_prompt_tokens", "vllm:prompt_tokens", "counter"),
    ("llm_generation_tokens", "vllm:generation_tokens", "counter"),
    ("llm_time_to_first_token_seconds", "vllm:time_to_first_token_seconds", "histogram"),
    ("llm_inter_token_latency_seconds", "vllm:inter_token_latency_seconds", "histogram"),
    ("llm_e2e_request_latency_seconds", "vllm:e2e_request_latency_seconds", "histogram"),
    ("llm_request_queue_time_seconds", "vllm:request_queue_time_seconds", "histogram"),
]


async def scrape(service: Service) -> dict[str, Metric]:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{service.ports.http}/metrics")
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


def summed(family: Metric, *, of: Iterable[str] = ("ok",)) -> dict[tuple[str, str], float]:
    """The values by their sample's suffix and bucket, over all other labels."""
    found: dict[tuple[str, str], float] = {}
    for sample in family.samples:
        if sample.labels.get("outcome", "ok") in of:
            place = sample.name.removeprefix(family.name), sample.labels.get("le", "")
            found[place] = found.get(place, 0) + sample.value
    return found


async def test_vllms_names_are_not_there_unless_asked_for(
    service: Service, transport: Transport
) -> None:
    await transport.ask("Hi")
    assert not [name for name in await scrape(service) if name.startswith("vllm")]


@pytest.mark.settings(metrics_vllm_names=True)
async def test_vllms_names_have_vllms_types_and_labels_and_our_values(
    service: Service, transport: Transport
) -> None:
    await transport.ask("Hi")
    await transport.ask(CHAT)
    service.engine.refusal = {"code": 400, "message": "no", "type": "invalid_request_error"}
    with pytest.raises(Refused):
        await transport.ask("Hi")
    families = await scrape(service)
    for ours, name, kind in PAIRS:
        assert families[name].type == kind
        assert summed(families[name]) == summed(families[ours]), name
        labels = [sample.labels for sample in families[name].samples]
        assert all(
            (found["model_name"], found["engine"]) == (service.settings.model_name, "0")
            for found in labels
        )
    assert summed(families["vllm:e2e_request_latency_seconds"])["_count", ""] == 2
    assert {name for name in families if name.startswith("vllm")} == {name for _, name, _ in PAIRS}
