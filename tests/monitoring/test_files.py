"""Rules and dashboard speak of what the service says; read without a Prometheus."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from infra import container_env
from service.outcomes import ERRORS, REFUSALS
from tests.monitoring.files import MONITORING, dashboard, dashboard_expressions, rules

ALERTS = rules("alert_rules.yml")
RECORDINGS = {rule["record"]: rule["expr"] for rule in rules("recording_rules.yml")}
RUNBOOK = (MONITORING.parent / "docs/runbook.md").read_text(encoding="utf-8")
# The other sections are of what no alert can say.
NOT_OF_ALERTS = {
    "before-you-look",
    "a-deploy-fails",
    "go-back",
    "a-rollout-hangs",
    "rolled-back",
    "rotate-a-key",
    "budget",
}
SECTIONS = {head.lower().replace(" ", "-") for head in re.findall("^## (.+)$", RUNBOOK, re.M)}
NAME = re.compile(r"\b(?:stage:)?llm_\w+(?::\w+)*")


def job() -> dict[str, Any]:
    (only,) = yaml.safe_load((MONITORING / "prometheus.yml").read_text())["scrape_configs"]
    found: dict[str, Any] = only
    return found


def outcomes_in(name: str) -> set[str]:
    (listed,) = re.findall(r'outcome=~"([^"]+)"', RECORDINGS[name])
    return set(listed.split("|"))


def test_tasks_are_found_by_ecs_on_the_port_and_path_of_the_metrics() -> None:
    (discovery,) = job()["aws_sd_configs"]
    assert (discovery["role"], discovery["port"]) == ("ecs", container_env.HTTP_PORT)
    assert job()["metrics_path"] == container_env.METRICS_PATH


def test_rules_count_the_errors_that_the_service_counts_as_ours() -> None:
    assert outcomes_in("stage:llm_errors:rate5m") == ERRORS


def test_refusals_of_the_queue_are_refusals_but_for_those_of_a_rollout() -> None:
    assert outcomes_in("stage:llm_queue_refusals:rate5m") == REFUSALS - {"draining"}


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: str(alert["alert"]))
def test_alert_is_a_sentence_and_leads_to_a_section_of_the_runbook(alert: dict[str, Any]) -> None:
    assert alert["annotations"]["summary"].endswith(".")
    path, _, section = alert["annotations"]["runbook_url"].partition("#")
    assert path == "docs/runbook.md"
    assert section in SECTIONS


def test_every_section_of_the_runbook_has_an_alert() -> None:
    linked = {alert["annotations"]["runbook_url"].partition("#")[2] for alert in ALERTS}
    assert linked == SECTIONS - NOT_OF_ALERTS


def test_recorded_series_that_alerts_and_dashboard_read_are_recorded() -> None:
    read = " ".join([*(alert["expr"] for alert in ALERTS), *dashboard_expressions()])
    assert {name for name in NAME.findall(read) if ":" in name} <= set(RECORDINGS)


def test_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert max(x for x, _ in cells) < 24, panel["title"]  # Grafana's grid
        assert not cells & taken, panel["title"]
        taken |= cells


def test_every_panel_and_query_asks_the_data_source_that_its_reader_chose() -> None:
    panels = dashboard()["panels"]
    asked = [panel["datasource"]["uid"] for panel in panels] + [
        target["datasource"]["uid"] for panel in panels for target in panel["targets"]
    ]
    assert set(asked) == {"${datasource}"}
    assert {
        variable["name"]: variable["type"] for variable in dashboard()["templating"]["list"]
    } == {
        "datasource": "datasource",
        "stage": "query",
    }


def test_every_query_can_be_narrowed_to_a_stage() -> None:
    assert [text for text in dashboard_expressions() if 'stage=~"$stage"' not in text] == []
