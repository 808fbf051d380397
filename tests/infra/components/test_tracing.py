"""Tasks may connect to AWS, and to the port of the collector that the stage names."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import App
from aws_cdk.assertions import Template

from infra.build import build
from infra.sections.monitoring import MonitoringSettings
from infra.stage_files import load_stage
from tests.infra.assemblies import IMAGE
from tests.infra.components.test_scraping import TASKS


def ports(endpoint: str | None) -> list[int]:
    """To which the tasks may connect, on any address."""
    monitoring = MonitoringSettings(traces_endpoint=endpoint)
    settings = load_stage("local", {"image": IMAGE}).model_copy(update={"monitoring": monitoring})
    resources: dict[str, Any] = Template.from_stack(build(App(), settings).inference).to_json()[
        "Resources"
    ]
    (group,) = (
        each["Properties"]
        for each in resources.values()
        if each.get("Properties", {}).get("GroupDescription") == TASKS
    )
    return sorted(rule["FromPort"] for rule in group["SecurityGroupEgress"])


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        (None, [443]),
        ("http://collector.example.internal:4318/v1/traces", [443, 4318]),
        ("http://collector.example.internal/v1/traces", [80, 443]),
        ("https://collector.example.org/v1/traces", [443]),
    ],
)
def test_tasks_reach_the_collectors_port_and_no_other(
    endpoint: str | None, expected: list[int]
) -> None:
    assert ports(endpoint) == expected
