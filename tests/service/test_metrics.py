import json

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from service.metrics import slot_utilization_line
from tests.service.conftest import Service
from tests.service.transports import Refused, Transport


def test_embedded_metric_has_the_shape_that_cloudwatch_reads() -> None:
    line = slot_utilization_line(0, namespace="Space", stage="prod")
    assert "\n" not in line
    document = json.loads(line)
    directive = document["_aws"]["CloudWatchMetrics"]
    assert directive == [
        {
            "Namespace": "Space",
            "Dimensions": [["Stage"]],
            "Metrics": [{"Name": "SlotUtilization", "Unit": "Percent"}],
        }
    ]
    assert (document["Stage"], document["SlotUtilization"]) == ("prod", 0)
    assert isinstance(document["_aws"]["Timestamp"], int)


async def test_refused_keys_are_counted(service: Service) -> None:
    async with httpx.AsyncClient() as client:
        await client.post(f"http://127.0.0.1:{service.ports.http}/v1/completions", json={})
    labels = frozenset({("transport", "rest"), ("outcome", "invalid_api_key")})
    assert (await scrape(service))["llm_requests_total", labels] == 1


async def scrape(service: Service) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{service.ports.http}/metrics")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_requests_tokens_and_times_are_counted(
    service: Service, transport: Transport
) -> None:
    await transport.ask("Hi")
    with pytest.raises(Refused):
        await transport.ask("Hi", model="none")
    samples = await scrape(service)
    name = "rest" if type(transport).__name__ == "RestTransport" else "grpc"
    ok = frozenset({("transport", name), ("outcome", "ok")})
    refused = frozenset({("transport", name), ("outcome", "model_not_found")})
    nothing = frozenset[tuple[str, str]]()
    assert samples["llm_requests_total", ok] == 1
    assert samples["llm_requests_total", refused] == 1
    assert samples["llm_prompt_tokens_total", nothing] == 5
    assert samples["llm_generation_tokens_total", nothing] == 2
    assert samples["llm_time_to_first_token_seconds_count", nothing] == 1
    assert samples["llm_slots", nothing] == 2
    assert samples["llm_requests_running", nothing] == 0
