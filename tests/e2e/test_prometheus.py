"""The monitoring that we ship, in a real Prometheus that scrapes the real service."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.prometheus_server import (
    RULES,
    Prometheus,
    copy_for_test,
    missing,
    promtool,
    running_prometheus,
    wait_until,
)
from tests.monitoring.files import dashboard_expressions, rules
from tests.service.process import ServiceProcess, service_process

STAGE = {"stage": "local"}


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    """Fails, and does not skip, where there is no Prometheus."""
    if sentence := missing():
        pytest.fail(sentence)


@pytest.fixture(scope="module")
def service() -> Iterator[ServiceProcess]:
    with service_process(LLM_REST_AUTH="off") as running:
        running.wait_until_ready()
        yield running


@pytest.fixture(scope="module")
def prometheus(
    service: ServiceProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prometheus]:
    target = f"127.0.0.1:{service.http_port}"
    with running_prometheus(tmp_path_factory.mktemp("prometheus"), target=target) as running:
        wait_until(
            lambda: bool(running.query("llm_ready")), seconds=10, what="a first scrape of the task"
        )
        yield running


def ask(service: ServiceProcess, *, tokens: int = 8) -> None:
    body = {"prompt": "1, 2, 3, 4, 5, 6,", "max_tokens": tokens, "temperature": 0}
    httpx.post(f"{service.url}/v1/completions", json=body, timeout=30).raise_for_status()


def value(prometheus: Prometheus, expression: str) -> float:
    """Of the one series; -1 where there is none, which no metric of ours can be."""
    found = prometheus.query(expression)
    return float(found[0]["value"][1]) if found else -1


def test_configuration_is_valid_but_for_the_discovery_that_debians_does_not_know(
    tmp_path: Path,
) -> None:
    promtool("check", "config", str(copy_for_test(tmp_path, target="127.0.0.1:8080")))


def test_rules_are_valid() -> None:
    promtool("check", "rules", *RULES)


def test_rules_do_what_their_unit_tests_say() -> None:
    promtool("test", "rules", "rules_test.yml")


def test_what_the_service_says_follows_prometheus_own_rules(service: ServiceProcess) -> None:
    promtool("check", "metrics", input=httpx.get(f"{service.url}/metrics").text)


def test_of_what_is_found_only_our_running_tasks_are_scraped_and_named(
    prometheus: Prometheus, service: ServiceProcess
) -> None:
    (target,) = prometheus.targets()
    assert target["labels"] == STAGE | {
        "job": "llm-on-ecs",
        "instance": f"127.0.0.1:{service.http_port}",
        "task": "0123456789abcdef",
        "zone": "us-east-1a",
    }


def test_recording_rules_have_values_after_traffic(
    prometheus: Prometheus, service: ServiceProcess
) -> None:
    names = [rule["record"] for rule in rules("recording_rules.yml")]
    tokens = "stage:llm_generation_tokens:rate5m"

    def all_there() -> bool:
        ask(service)
        # A quantile is NaN until its window has seen two scrapes with traffic between them. A
        # scrape between an answer's first token and its last finds no tokens beside it.
        filled = all(value(prometheus, f"{name} >= 0") >= 0 for name in names)
        return filled and value(prometheus, tokens) > 0

    wait_until(all_there, seconds=30, what=f"values of {names}, with tokens among them")
    assert value(prometheus, "stage:llm_ready:sum") == 1
    assert value(prometheus, "stage:llm_errors:ratio_rate5m") == 0


@pytest.mark.parametrize("expression", dashboard_expressions())
def test_every_query_of_the_dashboard_finds_something(
    prometheus: Prometheus, service: ServiceProcess, expression: str
) -> None:
    filled = expression.replace("$stage", "local|other").replace("$__rate_interval", "10s")

    def finds() -> bool:
        ask(service)
        return bool(prometheus.query(filled))

    wait_until(finds, seconds=30, what=f"a series of {filled}")


def test_killed_engine_raises_the_alert_and_its_recovery_resolves_it(
    prometheus: Prometheus, service: ServiceProcess
) -> None:
    alert = "LlmEngineRestarting"
    assert prometheus.state(alert) == "inactive"
    service.engine().send_signal(signal.SIGKILL)
    for state, seconds in (("pending", 15), ("firing", 15)):
        wait_until(
            lambda state=state: prometheus.state(alert) == state,  # type: ignore[misc]
            seconds=seconds,
            what=f"{alert} {state}",
        )
    firing = prometheus.alert(alert)
    assert firing is not None
    assert firing["annotations"]["summary"].startswith("Stage local: an engine died")
    service.wait_until_ready()
    wait_until(lambda: prometheus.state(alert) == "inactive", seconds=60, what=f"{alert} resolved")
